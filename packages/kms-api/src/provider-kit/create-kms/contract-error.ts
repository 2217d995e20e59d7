import { isKmsError, type KmsError, type KmsErrorDetails } from '../../errors/kms-error.ts'
import { InvalidResponseError } from '../../errors/kms-errors.ts'
import { sanitizeCause } from '../../errors/sanitize-cause.ts'

/**
 * Returns the error that a `Kms` rejects with for what an operation threw. An error that is no `KmsError` may quote a token or a response, so
 * only its kind is kept.
 */
export function contractError(error: unknown, details: KmsErrorDetails): KmsError {
  if (isKmsError(error)) return error
  return new InvalidResponseError('an error of the contract', { ...details, cause: sanitizeCause(error) })
}
