import type { Readable } from 'node:stream'

import { readBody } from '@keyfold/kms-api/provider-kit'

import type { HttpResponse } from './http.ts'

/** Responses of AWS KMS have at most some 9 KB: a ciphertext of 6,144 bytes in base64, and little else. */
export const MAX_BYTES = 64 * 1_024

/**
 * Reads the body of a response into memory of its own, in place of the stream, so that it is bounded and can be zeroed. A body that is rejected, or
 * not read to its end, closes its connection.
 *
 * @returns the bytes, which the caller zeroes after the SDK has read them.
 * @throws HttpFailure for a redirect, a compressed body or one that is too long; the signal's reason if it is aborted first.
 */
export async function readResponse(response: HttpResponse, signal: AbortSignal): Promise<Uint8Array> {
  const body = response.body as Readable
  const stop = (): void => {
    body.destroy()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { bytes } = await readBody({ ...response, body }, MAX_BYTES)
    response.body = bytes
    return bytes
  } catch (error) {
    stop()
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
