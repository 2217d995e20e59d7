import { InvalidKeyUsageError, InvalidResponseError, KeyUnavailableError, type KmsErrorDetails } from '@keyfold/kms-api'

import { USABLE_KEY } from '../client/classify-answer.ts'
import { property } from '../client/vault-answer.ts'

const TYPES: readonly unknown[] = ['aes256-gcm96', 'chacha20-poly1305']

/**
 * Checks that a key wraps DEKs, and may do so now.
 *
 * @param data - what Vault says about the key.
 * @param type - the kind that it has to be; by default either of both.
 * @returns the newest version of the key.
 * @throws `KMS_INVALID_KEY_USAGE` for another kind of key, `KMS_KEY_UNAVAILABLE` for a soft-deleted one, `KMS_INVALID_RESPONSE` for another key.
 */
export function checkKey(data: unknown, keyName: string, details: KmsErrorDetails, type?: string): string {
  const latest = property(data, 'latest_version')
  if (property(data, 'name') !== keyName || typeof latest !== 'number' || !Number.isInteger(latest) || latest < 1) {
    throw new InvalidResponseError('the key that was asked for', details)
  }
  if (property(data, 'soft_deleted') === true) throw new KeyUnavailableError('deleted', details)
  const usable =
    (type === undefined ? TYPES : [type]).includes(property(data, 'type')) &&
    property(data, 'derived') !== true &&
    property(data, 'convergent_encryption') !== true &&
    property(data, 'supports_encryption') === true &&
    property(data, 'supports_decryption') === true
  if (!usable) throw new InvalidKeyUsageError(USABLE_KEY, details)
  return String(latest)
}
