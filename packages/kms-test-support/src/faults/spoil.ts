import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

import type { Fault } from './fault.ts'
import type { RightResponse } from './forward.ts'
import { reset } from './reset.ts'

/** Sends a right answer wrongly. */
export async function spoil(
  response: ServerResponse,
  right: RightResponse,
  { how, everyMs = 20 }: Extract<Fault, { kind: 'spoil' }>,
): Promise<void> {
  const { status, headers, body } = right
  const half = body.subarray(0, Math.ceil(body.length / 2))
  const unsized = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'))
  const start = async (...parts: readonly Uint8Array[]): Promise<void> => {
    response.writeHead(status, headers).flushHeaders()
    for (const part of parts) await written(response, part)
    await sent()
  }
  switch (how) {
    case 'half-then-close':
      await start(half)
      response.socket?.end()
      return
    case 'half-then-reset':
      await start(half)
      reset(response.socket)
      return
    case 'half-then-silence':
      await start(half)
      return
    case 'half-chunked':
      response.writeHead(status, unsized)
      await written(response, half)
      await sent()
      response.socket?.end()
      return
    case 'headers-then-reset':
      await start()
      reset(response.socket)
      return
    case 'headers-then-silence':
      await start()
      return
    case 'cut-text':
      response.writeHead(status, { ...headers, 'content-length': half.length }).end(half)
      return
    case 'drip':
      response.writeHead(status, headers)
      await drip(response, body, everyMs)
      response.end()
      return
    case 'drip-headers':
      await drip(response, Buffer.from(headOf(right)), everyMs)
      response.socket?.end(body)
      return
    case 'tiny-chunks':
      response.writeHead(status, unsized)
      for (const byte of body) await written(response, Uint8Array.of(byte))
      response.end()
      return
    case 'says-gzip':
      response.writeHead(status, { ...headers, 'content-encoding': 'gzip' }).end(body)
      return
    case 'gzip': {
      const packed = gzipSync(body)
      response
        .writeHead(status, { ...headers, 'content-encoding': 'gzip', 'content-length': packed.length })
        .end(packed)
      return
    }
    case 'bad-utf-8':
      response.writeHead(status, headers).end(Uint8Array.from(body, (byte, i) => (i % 2 === 0 ? byte : 0xff)))
      return
    case 'close-after':
      response
        .writeHead(status, { ...headers, connection: 'keep-alive' })
        .end(body, () => response.socket?.destroySoon())
      return
    case 'early-hints':
      response.writeEarlyHints({ link: '</kf>; rel=preload' })
      response.writeHead(status, headers).end(body)
  }
}

async function drip(response: ServerResponse, bytes: Uint8Array, everyMs: number): Promise<void> {
  const raw = response.headersSent ? response : response.socket
  for (const byte of bytes) {
    if (raw === null || raw.destroyed) return
    raw.write(Uint8Array.of(byte))
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

function headOf({ status, headers }: RightResponse): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  return [`HTTP/1.1 ${status} Answer`, ...lines, 'connection: close', '', ''].join('\r\n')
}

async function written(response: ServerResponse, part: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) =>
    response.write(part, () => {
      resolve()
    }),
  )
}

/** What was written has to be on its way before the connection ends, or the client sees less than was meant. */
async function sent(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20))
}
