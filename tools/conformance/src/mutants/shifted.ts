import type { Kms, KmsCallOptions } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Sends over one connection, in order, and gives each response to the caller that waits longest: an abort forgets the caller, and not its response. */
function pipelined<T>(): (send: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T> {
  const waiting: Waiter<T>[] = []
  let last: Promise<unknown> = Promise.resolve()
  return async (send, signal) => {
    signal?.throwIfAborted()
    const waiter = Promise.withResolvers<T>()
    const onAbort = (): void => {
      const at = waiting.indexOf(waiter)
      if (at >= 0) waiting.splice(at, 1)
      waiter.reject(signal?.reason)
    }
    waiting.push(waiter)
    signal?.addEventListener('abort', onAbort)
    last = last.then(send).then(
      (value) => waiting.shift()?.resolve(value),
      (error: unknown) => waiting.shift()?.reject(error),
    )
    try {
      return await waiter.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

const unsignalled = (options: KmsCallOptions | undefined): KmsCallOptions => ({ ...options, signal: undefined })

/** Only what passes its own checks is sent over the connection. */
function shifting(name: string, change: (kms: Kms) => Partial<Kms>): Mutant {
  return { name, clause: 'C105', wrap: (kms) => brokenKms(kms, change(kms)) }
}

export const shiftedMutants: readonly Mutant[] = [
  shifting('gives the DEK of an aborted call to the next caller', (kms) => {
    const enqueue = pipelined<Awaited<ReturnType<Kms['decryptEdek']>>>()
    return {
      decryptEdek: (kek, edek, options) =>
        enqueue(() => kms.decryptEdek(kek, edek, unsignalled(options)), options?.signal),
    }
  }),
  shifting('gives the reference of an aborted call to the next caller', (kms) => {
    const enqueue = pipelined<Awaited<ReturnType<Kms['resolveKek']>>>()
    return {
      resolveKek: (selector, options) => enqueue(() => kms.resolveKek(selector, unsignalled(options)), options?.signal),
    }
  }),
  shifting('pairs a DEK with the EDEK of an aborted call', (kms) => {
    const deks = pipelined<Awaited<ReturnType<Kms['generateDekPair']>>>()
    return {
      generateDekPair: async (kek, options) => {
        const own = Promise.withResolvers<Awaited<ReturnType<Kms['generateDekPair']>>>()
        own.promise.catch(() => undefined)
        const send = async () => {
          try {
            const pair = await kms.generateDekPair(kek, unsignalled(options))
            own.resolve(pair)
            return pair
          } catch (error) {
            own.reject(error)
            throw error
          }
        }
        const { dek } = await deks(send, options?.signal)
        return { dek, edek: (await own.promise).edek }
      },
    }
  }),
]
