import type { Readable } from 'node:stream'

import type { HttpResponse } from './http.ts'

/** Responses of AWS KMS have at most some 9 KB: a ciphertext of 6,144 bytes in base64, and little else. */
const MAX_BYTES = 64 * 1024

/** A response rejected before the SDK parses it. */
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
 * Reads the body of a response into memory of its own, in place of the stream, so that it is bounded and can be zeroed. A body that is rejected, or
 * not read to its end, closes its connection.
 *
 * @returns the bytes, which the caller zeroes after the SDK has read them.
 * @throws the signal's reason when it is aborted first.
 */
export async function readResponse(response: HttpResponse, signal?: AbortSignal): Promise<Uint8Array> {
  const body = response.body as Readable
  const stop = (): void => {
    body.destroy()
  }
  body.on('error', () => undefined)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    signal?.throwIfAborted()
    return (response.body = await readBody(response, body))
  } catch (error) {
    stop()
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function readBody({ statusCode, headers }: HttpResponse, body: Readable): Promise<Uint8Array> {
  const tooLong = `a response of at most ${MAX_BYTES} bytes`
  if (statusCode >= 300 && statusCode < 400)
    throw new UnusableResponse('a response of its own, instead of a redirect', statusCode)
  if (Number(headers['content-length'] ?? 0) > MAX_BYTES) throw new UnusableResponse(tooLong, statusCode)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_BYTES) throw new UnusableResponse(tooLong, statusCode)
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
