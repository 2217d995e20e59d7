import { Buffer } from 'node:buffer'

import { InvalidResponseError, type KmsErrorDetails } from '@keyfold/kms-api'

import { property } from '../client/vault-answer.ts'
import { parseCiphertext } from '../codec/parse-ciphertext.ts'

/** Gives the bytes of the `ciphertext` of an answer. @throws `KMS_INVALID_RESPONSE` unless it is canonical and of the key version that the answer names. */
export function takeCiphertext(data: unknown, details: KmsErrorDetails): Uint8Array {
  const ciphertext = property(data, 'ciphertext')
  const version = typeof ciphertext === 'string' ? parseCiphertext(ciphertext)?.version : undefined
  if (typeof ciphertext !== 'string' || version === undefined || String(property(data, 'key_version')) !== version) {
    throw new InvalidResponseError('an encrypted key and its version', details)
  }
  return Buffer.from(ciphertext, 'latin1')
}
