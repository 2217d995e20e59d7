import { KmsConfigError, type KmsErrorDetails, type Secret } from '@keyfold/kms-api'
import { decodeBase64 } from '@keyfold/kms-api/provider-kit'

/** Reads the master key. The caller zeroes it. @throws `KMS_CONFIG` when it is not the base64 of 32 bytes. */
export async function revealMasterKey(secret: Secret, details: KmsErrorDetails): Promise<Uint8Array> {
  const bytes = decodeBase64(await secret.reveal())
  if (bytes?.length === 32) return bytes
  bytes?.fill(0)
  throw new KmsConfigError('masterKey', 'expected the padded base64 of 32 bytes', details)
}
