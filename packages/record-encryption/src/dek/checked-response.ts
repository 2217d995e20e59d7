import { InvalidResponseError, type Kek, type KmsOperation } from '@keyfold/kms-api'

/**
 * Checks that a provider resolved to an object. A provider without a cache of Keyfold in front of it may violate the contract.
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
