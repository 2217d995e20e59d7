import { Buffer } from 'node:buffer'
import { createCipheriv, randomBytes } from 'node:crypto'

/** Makes an EDEK of the in-memory layout for a KEK whose bytes one does not know: wrapped with a key of one's own. */
export function forgeEdek(
  kekId: string,
  key: Uint8Array = randomBytes(32),
  dek: Uint8Array = randomBytes(32),
  iv: Uint8Array = randomBytes(12),
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const wrapped = Buffer.concat([cipher.update(dek), cipher.final(), cipher.getAuthTag()])
  return new Uint8Array(
    Buffer.concat([Uint8Array.of(0x80, iv.length), iv, Buffer.from(kekId.replaceAll('-', ''), 'hex'), wrapped]),
  )
}
