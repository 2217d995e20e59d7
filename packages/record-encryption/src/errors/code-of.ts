import { isDekError, isKmsError } from '@keyfold/kms-api'

/** The code of a failure, for logs and `health()`; `UNKNOWN` where it has none of ours. */
export function codeOf(error: unknown): string {
  return isKmsError(error) || isDekError(error) ? error.code : 'UNKNOWN'
}
