import { isKmsError, type KmsError } from '../errors/kms-error.ts'

/** Says whether a KMS could not be asked: nothing is known then, and an older answer may stand in. */
export function isOutage(error: unknown): boolean {
  return isKmsError(error) && (error.retryable || error.code === 'KMS_CIRCUIT_OPEN' || error.code === 'KMS_OVERLOADED')
}

/**
 * Says whether a KMS has answered with authority that a KEK may not be used (any more), so that whatever it answered before is void.
 *
 * `too-old` is about one version, which the EDEK names: it says nothing about the KEK, and whoever writes records chooses it.
 */
export function isRevocation(error: unknown): boolean {
  if (!isKmsError(error)) return false
  switch (error.code) {
    case 'KMS_ACCESS_DENIED':
    case 'KMS_UNKNOWN_KEY':
    case 'KMS_UNKNOWN_ALIAS':
      return true
    case 'KMS_KEY_UNAVAILABLE':
      return (error as KmsError & { readonly state?: unknown }).state !== 'too-old'
    default:
      return false
  }
}
