import type { Readable } from 'node:stream'

import { HttpFailure } from './http-failure.ts'

/** An answer whose body was not read yet. */
export interface UnreadResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}

/**
 * Reads a body into memory of its own, which the caller can zero, and no more of it than allowed.
 *
 * @throws HttpFailure `redirect`, `encoded` or `too-large`; then the connection is closed instead of read to the end.
 */
export async function readBody(
  { statusCode: status, headers, body }: UnreadResponse,
  maxBytes: number,
): Promise<Uint8Array> {
  if (status >= 300 && status < 400 && status !== 304) throw refused(body, new HttpFailure('redirect', { status }))
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') throw refused(body, new HttpFailure('encoded', { status }))
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw refused(body, new HttpFailure('too-large', { status }))
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBytes) throw refused(body, new HttpFailure('too-large', { status }))
  }
  const bytes = new Uint8Array(new ArrayBuffer(length))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
    chunk.fill(0)
  }
  return bytes
}

function refused(body: Readable, failure: HttpFailure): HttpFailure {
  body.on('error', () => undefined)
  body.destroy()
  return failure
}
