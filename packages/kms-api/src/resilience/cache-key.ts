import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import type { Edek, Kek } from '../contract/kek.ts'

/** Names a KEK for comparison: references are equal when provider and id are. */
export function kekGroup(kek: Kek): string {
  return JSON.stringify([kek.provider, kek.id])
}

/**
 * Computes what a decrypted EDEK is cached under: a SHA-256 over everything that decides whether the KMS unwraps it. Any other KEK,
 * context or byte is another key, so that a right answer is never given to a wrong question. Hashed, so that the cache holds no EDEKs.
 *
 * ```abnf
 * input   = part part context part    ; provider, id of the KEK as passed, context, EDEK
 * part    = 4OCTET *OCTET             ; length, big-endian; texts in UTF-16, in which no two of them look alike
 * context = %x00 / %x01 part          ; without, with one
 * ```
 */
export function edekCacheKey(kek: Kek, context: Uint8Array | undefined, edek: Edek): string {
  const hash = createHash('sha256')
  const part = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  part(Buffer.from(kek.provider, 'utf16le'))
  part(Buffer.from(kek.id, 'utf16le'))
  hash.update(Uint8Array.of(context === undefined ? 0 : 1))
  if (context !== undefined) part(context)
  part(edek)
  return hash.digest('base64')
}
