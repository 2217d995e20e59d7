import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto'

import type { EdekFields } from '../edek.ts'

const CIPHER = 'aes-256-gcm'
const TAG_LENGTH = 16
const OPTIONS = { authTagLength: TAG_LENGTH } as const
const IV_LENGTH = 12
const DEK_LENGTH = 32

/** Fills 32 bytes of their own memory with a fresh key. */
export function createDekBytes(): Uint8Array {
  return randomFillSync(new Uint8Array(new ArrayBuffer(DEK_LENGTH)))
}

/** Encrypts a DEK under one version of a KEK. `dek` is not changed. */
export function wrapDek(key: KeyObject, kekId: string, dek: Uint8Array, context: Uint8Array | undefined): EdekFields {
  const iv = randomFillSync(new Uint8Array(IV_LENGTH))
  const cipher = createCipheriv(CIPHER, key, iv, OPTIONS)
  if (context !== undefined) cipher.setAAD(context)
  const wrapped = new Uint8Array(DEK_LENGTH + TAG_LENGTH)
  wrapped.set(cipher.update(dek))
  cipher.final()
  wrapped.set(cipher.getAuthTag(), DEK_LENGTH)
  return { bound: context !== undefined, tagBits: TAG_LENGTH * 8, iv, kekId, wrapped }
}

/** Says whether an EDEK has the only lengths that are unwrapped: a tag of 128 bits, an IV of 12 bytes, a DEK of 32 bytes. */
export function isUnwrappable({ tagBits, iv, wrapped }: EdekFields): boolean {
  return tagBits === TAG_LENGTH * 8 && iv.length === IV_LENGTH && wrapped.length === DEK_LENGTH + TAG_LENGTH
}

/**
 * Decrypts a DEK under one version of a KEK.
 *
 * @returns 32 bytes in memory of their own, which the caller owns; `undefined` when the tag does not match.
 */
export function unwrapDek(
  key: KeyObject,
  { iv, wrapped }: EdekFields,
  context: Uint8Array | undefined,
): Uint8Array | undefined {
  const decipher = createDecipheriv(CIPHER, key, iv, OPTIONS)
  if (context !== undefined) decipher.setAAD(context)
  decipher.setAuthTag(wrapped.subarray(DEK_LENGTH))
  const unverified = decipher.update(wrapped.subarray(0, DEK_LENGTH))
  try {
    decipher.final()
    const dek = new Uint8Array(new ArrayBuffer(DEK_LENGTH))
    dek.set(unverified)
    return dek
  } catch {
    return undefined
  } finally {
    unverified.fill(0)
  }
}
