import { InvalidResponseError, type KekVersion, type KmsErrorDetails } from '@keyfold/kms-api'

import { property } from '../transport/vault-response.ts'

/**
 * Returns the versions of a key, oldest first. Of a symmetric key Vault says when each was created, in seconds.
 *
 * @param data - what Vault says about the key.
 * @throws `KMS_INVALID_RESPONSE` if that is no key.
 * @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#read-key | Read key}
 */
export function keyVersions(data: unknown, keyName: string, details: KmsErrorDetails): readonly KekVersion[] {
  const versions = property(data, 'keys')
  const min = property(data, 'min_decryption_version')
  if (property(data, 'name') !== keyName || typeof versions !== 'object' || versions === null)
    throw new InvalidResponseError('the versions of the key that was requested', details)
  return Object.entries(versions)
    .filter(([version]) => /^[1-9][0-9]{0,8}$/.test(version))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([version, created]) => ({
      version,
      ...(typeof created === 'number' && { createdAt: new Date(created * 1_000) }),
      state: typeof min === 'number' && Number(version) < min ? 'too-old' : 'enabled',
    }))
}
