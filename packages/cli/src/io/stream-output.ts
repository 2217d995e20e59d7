import type { Writable } from 'node:stream'

import { outputFailure } from './output-failure.ts'
import type { Output } from './output.ts'

/** Writes to a stream that belongs to the caller, such as the standard output: it is never ended. Waits while the stream is full. */
export function streamOutput(stream: Writable, name: string): Output {
  let failure: Error | undefined
  let fail: ((error: Error) => void) | undefined
  const onError = (error: Error): void => {
    failure ??= error
    fail?.(error)
  }
  stream.on('error', onError)
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      fail = reject
      // The callback runs when the bytes were written, and reports failures that "drain" does not.
      const done = (error?: Error | null): void => {
        if (error) reject(error)
        else resolve()
      }
      if (failure === undefined) stream.write(bytes, done)
      else reject(failure)
    }).catch((error: unknown) => {
      throw outputFailure(name, error)
    })
  return {
    write,
    finish: () => {
      stream.off('error', onError)
      return Promise.resolve()
    },
    // The listener stays, because a closed pipe may report a second error.
    discard: () => Promise.resolve(),
  }
}
