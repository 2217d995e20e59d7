import type { Readable } from 'node:stream'

import type { HttpResponse } from './http-answer.ts'

/** Responses of AWS KMS have at most some 9 KB: a ciphertext of 6,144 bytes in base64, and little else. */
const MAX_BYTES = 64 * 1024

/** An answer that is none, found before the SDK saw it. */
export class UnusableResponse extends Error {
  override readonly name = 'UnusableResponse'
  readonly expected: string
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(expected: string, status: number) {
    super(expected)
    this.expected = expected
    this.$metadata = { httpStatusCode: status }
  }
}

/**
 * Reads the body of an answer into memory of its own, in place of the stream, so that it is bounded and can be zeroed.
 *
 * @returns the bytes, which the caller zeroes when the SDK has read them.
 */
export async function readResponse(answer: HttpResponse): Promise<Uint8Array> {
  const { statusCode, headers } = answer
  const body = answer.body as Readable
  if (statusCode >= 300 && statusCode < 400)
    throw unusable(body, 'an answer of its own, instead of a redirect', statusCode)
  if (Number(headers['content-length'] ?? 0) > MAX_BYTES)
    throw unusable(body, `an answer of at most ${MAX_BYTES} bytes`, statusCode)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_BYTES) throw unusable(body, `an answer of at most ${MAX_BYTES} bytes`, statusCode)
  }
  const bytes = new Uint8Array(new ArrayBuffer(length))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
    chunk.fill(0)
  }
  answer.body = bytes
  return bytes
}

function unusable(body: Readable, expected: string, status: number): UnusableResponse {
  body.on('error', () => undefined)
  body.destroy()
  return new UnusableResponse(expected, status)
}
