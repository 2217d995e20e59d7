import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { formatUuid, kekReferences, parseUuid } from '@keyfold/kms-api/provider-kit'

/** The provider's short name. */
export const PROVIDER = 'http'

/** Creates a reference. */
export const kekReference = kekReferences(PROVIDER)

/** Bytes of an EDEK: a format byte, the UUID of the KEK, a 12-byte IV, 32 bytes of the DEK, a 16-byte tag. */
const EDEK_LENGTH = 77
const FORMAT = 0x68
const CIPHER = 'aes-256-gcm'

/** The KEK that an EDEK names; `undefined` for what is none. */
export function kekIdOf(edek: Uint8Array): string | undefined {
  return edek.length === EDEK_LENGTH && edek[0] === FORMAT ? formatUuid(edek.subarray(1, 17)) : undefined
}

/** Wraps a DEK. */
export function wrap(kekId: string, key: Uint8Array, dek: Uint8Array): Uint8Array {
  const iv = randomBytes(12)
  const cipher = createCipheriv(CIPHER, key, iv)
  return Buffer.concat([
    Uint8Array.of(FORMAT),
    parseUuid(kekId) ?? new Uint8Array(16),
    iv,
    cipher.update(dek),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** Unwraps a DEK; `undefined` when the tag does not match. */
export function unwrap(key: Uint8Array, edek: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(CIPHER, key, edek.subarray(17, 29)).setAuthTag(edek.subarray(61))
  const dek = decipher.update(edek.subarray(29, 61))
  try {
    decipher.final()
    return dek
  } catch {
    return undefined
  }
}
