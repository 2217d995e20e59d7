import { InvalidResponseError, type Kek, type KmsOperation } from '@keyfold/kms-api'

/**
 * Checks that a provider resolved to an object: one that is used as it is, without a cache of ours around it, may be badly made.
 *
 * @throws InvalidResponseError
 */
export function checkedResponse<T extends object>(response: T, operation: KmsOperation, kek?: Kek): T {
  if (isObject(response)) return response
  throw new InvalidResponseError('an object of the contract', { provider: kek?.provider ?? 'kms', operation, kek })
}

function isObject(response: unknown): boolean {
  return typeof response === 'object' && response !== null
}
