import type { Kms } from '../../contract/kms.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import { CircuitOpenError } from '../../errors/kms-errors.ts'
import type { CircuitBreaker, Outcome } from './circuit-breaker.ts'
import { detailsOf, isUnnamed } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'

/**
 * Sends no request while the breaker is open. Every request counts, retries included, except those that whoever writes records can make fail: calls about
 * a KEK that no rule names exactly pass only while the breaker is closed, and are not counted.
 *
 * @throws `KMS_CIRCUIT_OPEN` with `retryAfterMs`, without a request.
 */
export function breakingKms(kms: Kms, breaker: CircuitBreaker): Kms {
  return layeredKms(kms, async (call, provider) => {
    const unnamed = isUnnamed(call.options)
    const admission = unnamed ? (breaker.state === 'closed' ? () => undefined : undefined) : breaker.admit()
    if (admission === undefined) {
      throw new CircuitOpenError({ ...detailsOf(call, provider), retryAfterMs: breaker.retryAfterMs })
    }
    try {
      const result = await call.run(call.options)
      admission('success')
      return result
    } catch (error) {
      admission(outcomeOf(error))
      throw error
    }
  })
}

/**
 * Only what shows that the KMS does not serve is a failure: unreachable, 5xx, a time-out. A rejection is a response of a KMS that works. Throttling is
 * neither: the KMS works, and backing off is the retry's business. Nor are aborts, or a version that only a record claims to exist.
 */
function outcomeOf(error: unknown): Outcome {
  if (!isKmsError(error)) return 'neutral'
  switch (error.code) {
    case 'KMS_UNAVAILABLE':
    case 'KMS_TIMEOUT':
      return 'failure'
    case 'KMS_THROTTLED':
    case 'KMS_KEY_VERSION_AHEAD':
    case 'KMS_CLOSED':
    case 'KMS_AUTHENTICATION':
    case 'KMS_CONFIG':
    case 'KMS_INVALID_RESPONSE':
    case 'KMS_CIRCUIT_OPEN':
    case 'KMS_OVERLOADED':
      return 'neutral'
    default:
      return 'success'
  }
}
