import type { Readable } from 'node:stream'

import { HttpFailure } from './http-failure.ts'

/** A response whose body was not read yet. */
export interface UnreadResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}

/** A body, in memory of its own. */
export interface ReadBody {
  readonly bytes: Uint8Array
  /** The length of the longest piece that the connection delivered, which may hold headers, too. */
  readonly longestPiece: number
}

/**
 * Reads a body into memory of its own, which the caller can zero, and no more of it than allowed. What the body was received in is zeroed, also
 * when reading fails.
 *
 * @throws HttpFailure `redirect`, `encoded` or `too-large`; whoever owns the connection closes it, because the rest of the body is still to come.
 */
export async function readBody(
  { statusCode: status, headers, body }: UnreadResponse,
  maxBytes: number,
): Promise<ReadBody> {
  // The connection may end while nobody reads.
  body.on('error', () => undefined)
  if (status >= 300 && status < 400 && status !== 304) throw new HttpFailure('redirect', { status })
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') throw new HttpFailure('encoded', { status })
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new HttpFailure('too-large', { status })
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) throw new HttpFailure('too-large', { status })
    }
    return {
      bytes: joined(chunks, length),
      longestPiece: Math.max(0, ...chunks.map(({ buffer }) => buffer.byteLength)),
    }
  } finally {
    for (const chunk of chunks) chunk.fill(0)
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(length))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
