import { Buffer } from 'node:buffer'
import { createDecipheriv } from 'node:crypto'

/** Unwraps an unbound EDEK of the in-memory layout with the bytes of its KEK, without any code of the provider. */
export function revealDek(edek: Uint8Array, kek: Uint8Array): Uint8Array {
  const iv = edek.subarray(2, 14)
  const wrapped = edek.subarray(30)
  const decipher = createDecipheriv('aes-256-gcm', kek, iv)
  decipher.setAuthTag(wrapped.subarray(-16))
  const key = decipher.update(wrapped.subarray(0, -16))
  decipher.final()
  return key
}

/** The UUID of the KEK in an unbound EDEK of the in-memory layout. */
export function kekIdOf(edek: Uint8Array): string {
  return Buffer.from(edek.subarray(14, 30))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
