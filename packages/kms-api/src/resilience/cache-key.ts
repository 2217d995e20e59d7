import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'

import type { Edek, Kek } from '../contract/kek.ts'

const LENGTH_BYTES = 4

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
  const { provider, id } = kek
  // Hashed in one piece: a call for a single record waits for it.
  const input = Buffer.allocUnsafe(3 * LENGTH_BYTES + 2 * (provider.length + id.length) + 1 + (context === undefined ? 0 : LENGTH_BYTES + context.length) + edek.length)
  let at = writeText(input, writeText(input, 0, provider), id)
  at = input.writeUInt8(context === undefined ? 0 : 1, at)
  if (context !== undefined) at = writeBytes(input, at, context)
  writeBytes(input, at, edek)
  return hash('sha256', input, 'base64')
}

function writeText(target: Buffer, at: number, text: string): number {
  const start = target.writeUInt32BE(2 * text.length, at)
  return start + target.write(text, start, 'utf16le')
}

function writeBytes(target: Buffer, at: number, bytes: Uint8Array): number {
  const start = target.writeUInt32BE(bytes.length, at)
  target.set(bytes, start)
  return start + bytes.length
}
