import { withSignal } from '../../clock/with-signal.ts'
import type { Kms } from '../../contract/kms.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import { CircuitOpenError } from '../../errors/kms-errors.ts'
import type { Admission, CircuitBreaker, Outcome } from './circuit-breaker.ts'
import { detailsOf, isUnnamed } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'

/**
 * Sends no request while the breaker is open. Every request counts, retries included, except those that the writer of a record can make fail: calls about
 * a KEK that no rule names exactly pass only while the breaker is closed, and are not counted.
 *
 * @throws `KMS_CIRCUIT_OPEN` with `retryAfterMs`, without a request.
 */
export function breakingKms(kms: Kms, breaker: CircuitBreaker): Kms {
  return layeredKms(kms, async (call, provider) => {
    const admission = isUnnamed(call.options)
      ? admissionWhileClosed(breaker)
      : await admissionAfterProbe(breaker, call.options.signal)
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

/** Those who come while a probe is in flight wait for it: it may be a refresh in the background, and they need not fail if it succeeds. */
async function admissionAfterProbe(
  breaker: CircuitBreaker,
  signal: AbortSignal | undefined,
): Promise<Admission | undefined> {
  for (;;) {
    const admission = breaker.admit()
    const { probe } = breaker
    if (admission !== undefined || probe === undefined) return admission
    await withSignal(() => probe, signal)
  }
}

function admissionWhileClosed(breaker: CircuitBreaker): Admission | undefined {
  return breaker.state === 'closed' ? () => undefined : undefined
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
