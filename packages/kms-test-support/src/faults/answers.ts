import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'

import type { Fault, MadeBody } from './fault.ts'
import { reset } from './reset.ts'

const MB = 1_048_576
const JSON_TYPE = { 'content-type': 'application/json' }

/** Responses with what the fault says. */
export function answer(
  response: ServerResponse,
  { status, headers = {}, body, canary }: Extract<Fault, { kind: 'answer' }>,
  text: string,
): void {
  const content =
    body ?? (canary === true ? JSON.stringify({ message: text, errors: [text], error: { code: text } }) : '')
  if (status === 204 || status === 304) response.writeHead(status, headers).end()
  else
    response.writeHead(status, { ...JSON_TYPE, ...headers, 'content-length': Buffer.byteLength(content) }).end(content)
}

/** Redirects. */
export function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { location, 'content-length': 0 }).end()
}

/** Ends the connection without an answer. */
export function hangUp(response: ServerResponse, how: 'reset' | 'close'): void {
  if (how === 'reset') reset(response.socket)
  else response.socket?.end()
}

/** Writes something to the socket that is no answer. */
export function answerRaw(response: ServerResponse, text: string): void {
  response.socket?.end(text, 'latin1')
}

/** Responses with a body that is too large to write down. */
export async function made(
  response: ServerResponse,
  { made: kind, status = 200 }: Extract<Fault, { kind: 'body' }>,
): Promise<void> {
  const { headers, parts } = bodyOf(kind)
  response.writeHead(status, { ...JSON_TYPE, ...headers })
  // A client that hangs up early is right.
  await pipeline(Readable.from(parts), response).catch(() => undefined)
}

function bodyOf(kind: MadeBody): {
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Iterable<string | Uint8Array>
} {
  switch (kind) {
    case '10-mb-json':
      return { headers: {}, parts: ['{"value":"', ...Array<string>(160).fill('x'.repeat(MB / 16)), '"}'] }
    case '10-mb-blanks':
      return { headers: { 'content-length': String(10 * MB) }, parts: Array<string>(160).fill(' '.repeat(MB / 16)) }
    case '100-mb-gzip-bomb':
      // Members of gzip may follow each other (RFC 1952 section 2.2): packing one takes no time from the caller's deadline.
      return {
        headers: { 'content-encoding': 'gzip' },
        parts: Array<Uint8Array>(100).fill(gzipSync(new Uint8Array(MB).fill(0x20))),
      }
    case 'deep-json':
      return { headers: {}, parts: ['['.repeat(100_000), ']'.repeat(100_000)] }
    case 'long-header':
      return { headers: { 'x-long': 'x'.repeat(100_000) }, parts: ['{}'] }
  }
}
