import type { Kek } from '../../contract/kek.ts'
import { sameKek } from '../../contract/same-kek.ts'
import type { KmsErrorDetails } from '../../errors/kms-error.ts'
import { UnknownKeyError } from '../../errors/kms-errors.ts'
import { contractError } from './contract-error.ts'
import type { ProviderOperations } from './provider-operations.ts'

/**
 * Returns the provider's own reference of a caller's KEK.
 *
 * @throws `KMS_UNKNOWN_KEY` for a KEK of another provider, or outside the boundary; also if `accept` returns another KEK, because an EDEK of it
 * could not be decrypted with the caller's reference.
 */
export function acceptKek<F>(operations: ProviderOperations<F>, kek: Kek, details: KmsErrorDetails): Kek {
  let accepted: Kek | undefined
  try {
    accepted = kek.provider === operations.provider ? operations.accept(kek) : undefined
  } catch (error) {
    throw contractError(error, details)
  }
  if (accepted === undefined || !sameKek(accepted, kek)) throw new UnknownKeyError({ ...details, kek })
  return accepted
}
