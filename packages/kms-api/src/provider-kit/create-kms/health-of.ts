import type { KmsHealth } from '../../contract/kms.ts'
import { isKmsError, type KmsErrorDetails } from '../../errors/kms-error.ts'
import { InvalidResponseError } from '../../errors/kms-errors.ts'

const STATUS: ReadonlySet<unknown> = new Set<KmsHealth['status']>(['ok', 'degraded', 'down'])

/** Returns the health that a failed `ping` means. An outage is a response, so `health` does not reject for it. */
export function healthOf(error: unknown): KmsHealth {
  if (!isKmsError(error) || error.code === 'KMS_CLOSED') throw error
  return { status: error.code === 'KMS_THROTTLED' ? 'degraded' : 'down', detail: error.code }
}

/** Returns a copy of what `ping` returned. @throws `KMS_INVALID_RESPONSE` if that is no health. */
export function checkHealth(health: unknown, details: KmsErrorDetails): KmsHealth {
  const { status, detail } = (typeof health === 'object' && health !== null ? health : {}) as Partial<KmsHealth>
  if (!STATUS.has(status) || (detail !== undefined && typeof detail !== 'string'))
    throw new InvalidResponseError('the health of the KMS', details)
  return { status: status as KmsHealth['status'], ...(detail !== undefined && { detail }) }
}
