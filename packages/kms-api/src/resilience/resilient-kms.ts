import { systemClock } from '../clock/moment.ts'
import type { Kms } from '../contract/kms.ts'
import type { Clock, Logger } from '../provider.ts'
import { CachingKms } from './caching-kms.ts'
import type { CachingKmsOptions } from './caching-options.ts'
import { isDecoratedKms, markDecorated, type Layer, type ResilienceSnapshot } from './decorated-kms.ts'
import { guardUnnamedKeks } from './guard-unnamed-keks.ts'
import { breakingKms } from './layers/breaking-kms.ts'
import { boundedKms, Bulkhead } from './layers/bulkhead.ts'
import { CircuitBreaker } from './layers/circuit-breaker.ts'
import { deadlineKms } from './layers/deadline.ts'
import { limitRejectedUnwraps } from './layers/limit-rejected-unwraps.ts'
import { retryingKms, secureRandom } from './layers/retry.ts'
import { resilienceNumbers, type ResilienceNumberOptions } from './resilience-options.ts'

/** Options of {@link resilientKms}. Numbers that are left out have the defaults of `RESILIENCE_DEFAULTS`. */
export interface ResilientKmsOptions extends ResilienceNumberOptions {
  /** `none` leaves the cache out. Default: the cache of {@link CachingKmsOptions} with its defaults. */
  readonly cache?: 'none' | Omit<CachingKmsOptions, 'clock' | 'closeInner'> | undefined
  /** Whether `close()` also closes the KMS inside. Default true. */
  readonly closeInner?: boolean | undefined
  /** Told when the circuit breaker opens and closes. */
  readonly logger?: Logger | undefined
  /** The time. Default: the process's clocks and timers. */
  readonly clock?: Clock | undefined
}

const LAYERS: readonly Layer[] = ['cache', 'deadline', 'rejected-unwraps', 'bulkhead', 'retry', 'circuit-breaker']

/**
 * Decorates a KMS so that outages are tolerated. The layers in front of the provider are, outermost first: a cache that joins concurrent calls and serves while the KMS is away, a
 * deadline for the whole call, a limit on unwraps that the KMS rejects, lanes that bound the calls in flight, retries, and a circuit breaker. The provider's
 * own request timeout is the deadline of an attempt.
 *
 * @param kms - belongs to the result from now on, unless `closeInner` is false. One that is decorated already is returned as it is.
 * @throws TypeError for options of a `Kms` that is decorated already, instead of ignoring them, and for an option that does not exist.
 * @throws RangeError for a number outside of its range.
 */
export function resilientKms(kms: Kms, options: ResilientKmsOptions = {}): Kms {
  if (isDecoratedKms(kms)) {
    if (Object.values(options).every((value) => value === undefined)) return kms
    throw new TypeError('"options" expected to be absent: the Kms has layers of resilience already')
  }
  const { cache = {}, closeInner = true, logger, clock = systemClock } = options
  const numbers = resilienceNumbers(options)
  const breaker = new CircuitBreaker(numbers.circuitBreaker, clock, secureRandom, (state) => {
    if (state === 'open')
      logger?.warn({ event: 'kms_circuit_open' }, 'the KMS does not serve: requests stop until a probe succeeds')
    else logger?.info({ event: 'kms_circuit_closed' }, 'the KMS serves again')
  })
  const bulkhead = new Bulkhead(numbers.bulkhead)
  const breaking = breakingKms(closeInner ? kms : withoutClose(kms), breaker)
  const bounded = boundedKms(retryingKms(breaking, numbers.retry, clock), bulkhead)
  const inner = deadlineKms(limitRejectedUnwraps(bounded, numbers.rejectedUnwraps, clock), numbers.deadline, clock)
  const layersSnapshot = (): ResilienceSnapshot => ({
    circuitBreaker: { state: breaker.state, retryAfterMs: breaker.retryAfterMs },
    lanes: bulkhead.snapshot(),
  })
  if (cache === 'none') {
    const guarded = guardUnnamedKeks(inner, { clock })
    markDecorated(guarded, { layers: LAYERS.slice(1), snapshot: layersSnapshot, evict: () => undefined })
    return guarded
  }
  const caching = new CachingKms(inner, { ...cache, clock })
  const { snapshot, evict } = caching.decoration()
  markDecorated(caching, { layers: LAYERS, snapshot: () => ({ ...snapshot(), ...layersSnapshot() }), evict })
  return caching
}

/** A view of `kms` that leaves closing it to its owner. */
function withoutClose(kms: Kms): Kms {
  const health = kms.health?.bind(kms)
  return {
    resolveKek: kms.resolveKek.bind(kms),
    generateDekPair: kms.generateDekPair.bind(kms),
    decryptEdek: kms.decryptEdek.bind(kms),
    kekOf: kms.kekOf.bind(kms),
    ...(health !== undefined && { health }),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
