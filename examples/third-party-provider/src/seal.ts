import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const OPTIONS = { authTagLength: 16 } as const

/** Encrypts 32 bytes of a key under another, and gives the IV and what is stored: the ciphertext and its tag. */
export function sealKey(
  key: Uint8Array,
  bytes: Uint8Array,
  context?: Uint8Array,
): { readonly iv: Uint8Array; readonly wrapped: Uint8Array } {
  const iv = randomFillSync(new Uint8Array(12))
  const cipher = createCipheriv(CIPHER, key, iv, OPTIONS)
  if (context !== undefined) cipher.setAAD(context)
  const wrapped = new Uint8Array(48)
  wrapped.set(cipher.update(bytes))
  cipher.final()
  wrapped.set(cipher.getAuthTag(), 32)
  return { iv, wrapped }
}

/** Decrypts what {@link sealKey} gave, into memory that the caller owns; `undefined` when the tag does not match. */
export function openKey(
  key: Uint8Array,
  iv: Uint8Array,
  wrapped: Uint8Array,
  context?: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv(CIPHER, key, iv, OPTIONS)
  if (context !== undefined) decipher.setAAD(context)
  decipher.setAuthTag(wrapped.subarray(32))
  const unverified = decipher.update(wrapped.subarray(0, 32))
  try {
    decipher.final()
    const bytes = new Uint8Array(new ArrayBuffer(32))
    bytes.set(unverified)
    return bytes
  } catch {
    return undefined
  } finally {
    unverified.fill(0)
  }
}
