import {
  ContextUnsupportedError,
  InvalidKeyUsageError,
  KeyUnavailableError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'

import { kekTypeOf, type KekType } from './key-type.ts'

/** What Azure says about a key, as far as it decides whether the key can be a KEK. */
export interface KeyFacts {
  readonly keyType?: string | undefined
  readonly keyOperations?: readonly string[] | undefined
  readonly enabled?: boolean | undefined
  readonly notBefore?: Date | undefined
  readonly expiresOn?: Date | undefined
}

const USABLE = 'of type RSA, RSA-HSM or oct-HSM, with the operations wrapKey and unwrapKey'

/**
 * Checks that a key can wrap DEKs now.
 *
 * @param binds - whether an encryption context will be bound.
 * @param now - the wall time. An expired key still unwraps, which this does not decide.
 * @throws `KMS_INVALID_KEY_USAGE`, `KMS_CONTEXT_UNSUPPORTED`, `KMS_KEY_UNAVAILABLE`.
 */
export function checkKey(facts: KeyFacts, binds: boolean, now: number, details: KmsErrorDetails): KekType {
  const keyType = kekTypeOf(facts.keyType)
  if (keyType === undefined) throw new InvalidKeyUsageError(USABLE, details)
  if (binds && keyType !== 'oct-HSM')
    throw new ContextUnsupportedError({ ...details, hint: 'only oct-HSM keys of a managed HSM bind one' })
  const { enabled, notBefore, expiresOn, keyOperations = [] } = facts
  if (enabled === false) throw new KeyUnavailableError('disabled', details)
  if (notBefore !== undefined && notBefore.getTime() > now) throw new KeyUnavailableError('not-yet-valid', details)
  if (expiresOn !== undefined && expiresOn.getTime() <= now) {
    const hint = 'records of it can still be read; rotate the key or move its expiry date to write more'
    throw new KeyUnavailableError('expired', { ...details, hint })
  }
  const needed = binds ? ['encrypt', 'decrypt'] : ['wrapKey', 'unwrapKey']
  if (!needed.every((operation) => keyOperations.includes(operation))) {
    const expected = binds ? `of type oct-HSM, with the operations encrypt and decrypt` : USABLE
    throw new InvalidKeyUsageError(expected, details)
  }
  return keyType
}
