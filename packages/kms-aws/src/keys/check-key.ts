import type { KeyMetadata } from '@aws-sdk/client-kms'

import {
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  KmsUnavailableError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'

const UNAVAILABLE: Readonly<Record<string, string>> = {
  Disabled: 'disabled',
  PendingDeletion: 'pending-deletion',
  PendingReplicaDeletion: 'pending-deletion',
  PendingImport: 'pending-import',
}
/** They pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['Creating', 'Updating', 'Unavailable'])

/**
 * Checks that a key wraps DEKs, and may do so now.
 *
 * @throws `KMS_INVALID_KEY_USAGE`, `KMS_KEY_UNAVAILABLE`; `KMS_UNAVAILABLE` for a state that passes by itself.
 */
export function checkKey({ KeyUsage, KeySpec, KeyState }: KeyMetadata, details: KmsErrorDetails): void {
  if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw new InvalidKeyUsageError(
      'a symmetric key for encryption and decryption (SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT)',
      details,
    )
  }
  if (KeyState === 'Enabled') return
  if (KeyState === undefined) throw new InvalidResponseError('a key with a state', details)
  const known = { ...details, reason: KeyState }
  if (PASSING.has(KeyState)) throw new KmsUnavailableError(known)
  throw new KeyUnavailableError(UNAVAILABLE[KeyState] ?? 'unknown-state', known)
}
