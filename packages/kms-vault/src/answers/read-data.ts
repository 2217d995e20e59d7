import { InvalidResponseError, type KmsErrorDetails } from '@keyfold/kms-api'

import { property } from '../client/vault-answer.ts'

/**
 * Gives `data` of a success.
 *
 * @throws `KMS_INVALID_RESPONSE` when there is none, or a warning says that the server ignored a parameter: what it should have bound is not.
 */
export function readData(body: unknown, details: KmsErrorDetails): unknown {
  const data = property(body, 'data')
  if (typeof data !== 'object' || data === null) throw new InvalidResponseError('data', details)
  const warnings = property(body, 'warnings')
  if (Array.isArray(warnings) && warnings.some((each) => typeof each !== 'string' || /parameter|ignored/i.test(each))) {
    throw new InvalidResponseError('one that takes account of all parameters', details)
  }
  return data
}
