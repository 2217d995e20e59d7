import { isDekError, isKmsError } from '@keyfold/kms-api'

/** Returns the code of a failure, for logs and `health()`; `UNKNOWN` without a code of Keyfold. */
export function codeOf(error: unknown): string {
  return isKmsError(error) || isDekError(error) ? error.code : 'UNKNOWN'
}
