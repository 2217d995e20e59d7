import { createDek, InvalidResponseError, type Dek, type KmsErrorDetails } from '@keyfold/kms-api'
import { decodeBase64 } from '@keyfold/kms-api/provider-kit'

import { property } from '../client/vault-answer.ts'

const DEK_LENGTH = 32

/** Makes a DEK of the `plaintext` of an answer. @throws `KMS_INVALID_RESPONSE` when that is not the base64 of 32 bytes. */
export function takeDek(data: unknown, origin: Dek['origin'], details: KmsErrorDetails): Dek {
  const plaintext = property(data, 'plaintext')
  const bytes = typeof plaintext === 'string' ? decodeBase64(plaintext) : undefined
  if (bytes?.length === DEK_LENGTH) return createDek(bytes, origin)
  bytes?.fill(0)
  throw new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, details)
}
