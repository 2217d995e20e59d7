import type { Kek } from '@keyfold/kms-api'

/** What Azure calls the type of a key, in the order of the bytes that stand for them in an EDEK. */
export const KEY_TYPES = ['RSA', 'RSA-HSM', 'oct', 'oct-HSM'] as const

/** What Azure calls the type of a key. */
export type KeyType = (typeof KEY_TYPES)[number]

/** The types of keys that can be a KEK: no service of Azure wraps with an `oct` key outside of an HSM. */
export type KekType = Exclude<KeyType, 'oct'>

/** Returns the type if keys of it can be a KEK. */
export function kekTypeOf(keyType: unknown): KekType | undefined {
  return keyType === 'RSA' || keyType === 'RSA-HSM' || keyType === 'oct-HSM' ? keyType : undefined
}

/** Returns what an EDEK of a key of this type proves: anyone who has the public half of an RSA key can create one. */
export function wrappingOf(keyType: KeyType): Kek['wrapping'] {
  return keyType === 'RSA' || keyType === 'RSA-HSM' ? 'public-key' : 'authenticated'
}

/**
 * Returns the algorithm that wraps under a key of this type. It follows from the type alone, and no other is ever sent: an RSA1_5 unwrap would be a
 * padding oracle.
 *
 * @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#wrapkeyunwrapkey-encryptdecrypt
 */
export function wrapAlgorithmOf(keyType: KekType): 'A256KW' | 'RSA-OAEP-256' {
  return keyType === 'oct-HSM' ? 'A256KW' : 'RSA-OAEP-256'
}

/** The algorithm that binds an encryption context, which only an `oct-HSM` key can. */
export const BOUND_ALGORITHM = 'A256GCM'

/** Returns whether a DEK of 32 bytes has this length once wrapped: by RSA of 2048, 3072 or 4096 bits, or by AES key wrap (RFC 3394). */
export function isWrappedLength(keyType: KekType, length: number): boolean {
  return keyType === 'oct-HSM' ? length === 40 : length === 256 || length === 384 || length === 512
}
