import { createSecret, KmsConfigError, type SecretConfig } from '@keyfold/kms-api'
import { decodeBase64 } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from './edek.ts'
import { KEK_LENGTH } from './keys/stored-kek.ts'

/**
 * Reads the key material of a KEK. The caller owns the bytes and zeroes them.
 *
 * @param path - the field of the secrets, for messages.
 * @throws `KMS_CONFIG` when a secret cannot be read or is not the base64 of 32 bytes.
 */
export async function revealVersions(
  secrets: readonly SecretConfig[],
  path: string,
  baseDirectory: string,
): Promise<Uint8Array[]> {
  const versions: Uint8Array[] = []
  try {
    for (const [i, config] of secrets.entries()) {
      const options = { baseDirectory, path: `${path}[${i}]`, provider: PROVIDER }
      const bytes = decodeBase64(await createSecret(config, options).reveal())
      if (bytes !== undefined) versions.push(bytes)
      if (bytes?.length !== KEK_LENGTH) {
        const got = bytes === undefined ? 'other text' : `${bytes.length} bytes`
        const details = { provider: PROVIDER, operation: 'create' } as const
        throw new KmsConfigError(options.path, `expected the padded base64 of ${KEK_LENGTH} bytes, got ${got}`, details)
      }
    }
  } catch (error) {
    for (const bytes of versions) bytes.fill(0)
    throw error
  }
  return versions
}
