import { isKmsError } from '../errors/kms-error.ts'
import type { KmsConfigError } from '../errors/kms-errors.ts'

/** Returns the `KMS_CONFIG` errors that `check` throws for some of the values; other errors pass. */
export function findConfigErrors<T>(values: readonly T[], check: (value: T) => unknown): KmsConfigError[] {
  return values.flatMap((value) => {
    try {
      check(value)
      return []
    } catch (error) {
      if (isKmsError(error, 'KMS_CONFIG')) return [error as KmsConfigError]
      throw error
    }
  })
}
