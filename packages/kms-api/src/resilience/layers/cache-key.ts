import { Buffer } from 'node:buffer'
import crypto from 'node:crypto'

import { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Edek, Kek } from '../../contract/kek.ts'
import type { KmsCallOptions } from '../../contract/kms.ts'

const LENGTH_BYTES = 4

/** Names a KEK for comparison: references are equal when provider and id are. */
export function kekGroup(kek: Kek): string {
  return JSON.stringify([kek.provider, kek.id])
}

/**
 * Computes the key that a resolved KEK is cached under. It says whether there is an encryption context, because a KEK that cannot bind one is
 * rejected only then; which context it is makes no difference.
 */
export function kekCacheKey(kekSelector: string, { encryptionContext }: KmsCallOptions): string {
  return (encryptionContext === undefined ? '-' : '+') + kekSelector
}

/** How a caller reads, as far as it decides what the caller may be given. */
export interface ReadMode {
  readonly contextRead?: KmsCallOptions['contextRead']
  readonly reader?: KmsCallOptions['reader']
}

/**
 * Computes the key that a decrypted EDEK is cached under: a SHA-256 over everything that decides whether the KMS unwraps it. Any other KEK, context, mode
 * or byte is another key, so that a caller never receives the response to a request that it could not have sent. Hashed, so that the cache holds no EDEKs.
 *
 * ```abnf
 * input   = part part mode context part    ; provider, id of the KEK as passed, mode, context, EDEK
 * part    = 4OCTET *OCTET                  ; length, big-endian; texts in UTF-16, in which no two of them look alike
 * mode    = %x00-03                        ; bit 0: contextRead "if-present"; bit 1: a KEK that no rule names exactly
 * context = %x00 / %x01 part               ; without, with one
 * ```
 */
export function edekCacheKey(kek: Kek, context: Uint8Array | undefined, edek: Edek, mode: ReadMode = {}): string {
  const names = [Buffer.from(kek.provider, 'utf16le'), Buffer.from(kek.id, 'utf16le')]
  const rest = context === undefined ? [edek] : [context, edek]
  let length = 2
  for (const part of [...names, ...rest]) length += LENGTH_BYTES + part.length
  // Hashed in one piece: a call for a single record waits for it.
  const writer = new ByteWriter(Buffer.allocUnsafe(length))
  for (const part of names) writer.i32(part.length).bytes(part)
  writer.u8((mode.contextRead === 'if-present' ? 1 : 0) | (mode.reader?.named === false ? 2 : 0))
  writer.u8(context === undefined ? 0 : 1)
  for (const part of rest) writer.i32(part.length).bytes(part)
  return crypto.hash('sha256', writer.written(), 'base64')
}
