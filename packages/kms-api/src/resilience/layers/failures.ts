import { isKmsError, type KmsError } from '../../errors/kms-error.ts'
import { isVersionRejection } from '../../errors/kms-errors.ts'

/**
 * The state of a KEK that no rule names exactly and about which the KMS sends no usable response, although it works: a key of another kind, or one whose
 * own key store is down.
 */
export const UNRESPONSIVE = 'unresponsive'

/**
 * Returns whether nothing is known about a KEK for now, so that an older response may stand in: the KMS could not be reached, no request was sent, or the
 * node that responded is behind the version of the EDEK.
 */
export function isOutage(error: unknown): boolean {
  if (!isKmsError(error)) return false
  switch (error.code) {
    case 'KMS_CIRCUIT_OPEN':
    case 'KMS_OVERLOADED':
    case 'KMS_KEY_VERSION_AHEAD':
      return true
    case 'KMS_KEY_UNAVAILABLE':
      return stateOf(error) === UNRESPONSIVE
    default:
      return error.retryable
  }
}

/**
 * Returns whether a KMS has authoritatively responded that a KEK may not be used, which invalidates earlier responses.
 *
 * A rejection of the version that an EDEK names is no evidence about the KEK, because the writer of a record chooses the version.
 */
export function isRevocation(error: unknown): boolean {
  if (!isKmsError(error)) return false
  switch (error.code) {
    case 'KMS_ACCESS_DENIED':
    case 'KMS_UNKNOWN_KEY':
    case 'KMS_UNKNOWN_ALIAS':
      return true
    case 'KMS_KEY_UNAVAILABLE':
      return !isVersionRejection(error) && stateOf(error) !== UNRESPONSIVE
    default:
      return false
  }
}

function stateOf(error: KmsError): unknown {
  return (error as KmsError & { readonly state?: unknown }).state
}
