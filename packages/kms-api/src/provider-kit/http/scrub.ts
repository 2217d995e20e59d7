import { Buffer } from 'node:buffer'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

import type { buildConnector, Client as UndiciClient } from 'undici'

/** The parser's memory is a multiple of this. */
const PAGE = 4_096
const STACK_FRAMES = 4_000

/**
 * Overwrites what is left of a response in memory that belongs to nobody: undici's parser copies what it parses into memory of its own
 * (WebAssembly), and Node.js decrypts into the stack. Both keep the last response, and with it a key, until something else comes to lie there.
 *
 * The parser has no way to be told, so it is given a response of blanks that is at least as long, from a connection that is none.
 *
 * @param length - the longest piece that was received.
 */
export async function scrub(Client: typeof UndiciClient, length: number): Promise<void> {
  // Promises settle while the read is still on the stack.
  await setImmediate()
  overwriteStack(STACK_FRAMES)
  const response = blankResponse(Math.ceil(Math.max(length, 1) / PAGE) * PAGE)
  const connection = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      done()
      this.push(response)
    },
  })
  const client = new Client('http://scrub.invalid', {
    connect: (_: buildConnector.Options, callback: buildConnector.Callback) => {
      // undici expects a connection later than the call that asks for it.
      queueMicrotask(() => {
        ;(callback as (error: null, socket: Duplex) => void)(null, connection)
      })
    },
  })
  try {
    const { body } = await client.request({ path: '/', method: 'GET' })
    await body.dump()
  } finally {
    await client.destroy()
  }
}

function blankResponse(length: number): Buffer {
  const headOf = (bodyLength: number): string =>
    `HTTP/1.1 200 OK\r\ncontent-length: ${String(bodyLength).padStart(12)}\r\n\r\n`
  const response = Buffer.alloc(length, ' ')
  response.write(headOf(length - headOf(0).length), 'latin1')
  return response
}

/** Frames of JavaScript lie on the stack that native code has used before. */
function overwriteStack(frames: number): number {
  return frames === 0 ? 0 : overwriteStack(frames - 1) + 1
}
