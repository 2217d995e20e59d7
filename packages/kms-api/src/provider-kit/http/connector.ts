import { Buffer } from 'node:buffer'
import type { OnReadOpts, Socket } from 'node:net'

import type { buildConnector } from 'undici'

import { CLEANSE_PLAINTEXT } from './cleanse-plaintext.ts'
import type { TlsFiles } from './tls-files.ts'

/** Opens connections to where the options say; the signal ends that at any step. */
export type Connect = (options: buildConnector.Options, signal: AbortSignal) => Promise<Socket>

/** Settings of every connection: nothing can switch verification off, not even the environment. */
const SETTINGS = {
  timeout: 0,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  secureOptions: CLEANSE_PLAINTEXT,
} as const

const READ_BUFFER = 65_536

/**
 * Returns a function that opens connections, TLS handshake included, within `connectMs`.
 *
 * undici's own connector ends a connection that nobody waits for only at its time-out, which it rounds up to a second. This one destroys the
 * socket at once, so that abandoned connections neither pile up nor take the place of others.
 */
export function createConnect(
  build: typeof buildConnector,
  { connectMs, tls }: { readonly connectMs: number; readonly tls?: TlsFiles | undefined },
): Connect {
  const settings = { ...SETTINGS, onread: cleanReads() }
  const currentConnector = tls?.connectors((more) => build({ ...settings, ...more }))
  const plain = build(settings)
  return async (options, signal) => {
    const connector = currentConnector === undefined ? plain : await currentConnector()
    return await open(connector, options, connectMs, signal)
  }
}

async function open(
  connector: buildConnector.connector,
  options: buildConnector.Options,
  connectMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  let abandon: () => void = () => undefined
  try {
    return await new Promise<Socket>((resolve, reject) => {
      // undici returns the socket that it connects, which its types leave out.
      const connect: (...parameters: Parameters<typeof connector>) => unknown = connector
      const socket = connect(options, (error, connected) => {
        if (error === null) resolve(connected)
        else reject(error)
      }) as Socket
      const end = (reason: Error): void => {
        socket.destroy()
        reject(reason)
      }
      abandon = () => {
        end(new Error('abandoned'))
      }
      signal.addEventListener('abort', abandon, { once: true })
      timer = setTimeout(() => {
        end(Object.assign(new Error('no connection in time'), { code: 'CONNECT_TIMEOUT' }))
      }, connectMs)
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abandon)
  }
}

/** Without this, Node.js reads into memory that it frees with all that is in it. Sockets may share the buffer: each read is passed on at once. */
function cleanReads(): OnReadOpts {
  return {
    buffer: Buffer.alloc(READ_BUFFER),
    callback(this: Socket, length: number, buffer: Uint8Array): boolean {
      const piece = Buffer.from(new ArrayBuffer(length))
      piece.set(buffer.subarray(0, length))
      buffer.fill(0, 0, length)
      return this.push(piece)
    },
  }
}
