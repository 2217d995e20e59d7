import type { BulkheadOptions } from './layers/bulkhead.ts'
import type { CircuitBreakerOptions } from './layers/circuit-breaker.ts'
import type { DeadlineOptions } from './layers/deadline.ts'
import type { RetryOptions } from './layers/retry.ts'
import type { TokenBucketOptions } from './layers/token-bucket.ts'

/** The numbers of all layers but the cache's. Milliseconds where a name says so. */
export interface ResilienceNumbers {
  readonly deadline: DeadlineOptions
  readonly bulkhead: BulkheadOptions
  readonly retry: RetryOptions
  readonly circuitBreaker: CircuitBreakerOptions
  /** Unwraps that the KMS rejects, for each KEK and topic. */
  readonly rejectedUnwraps: TokenBucketOptions
}

/** {@link ResilienceNumbers} as options: whatever is left out has its default. */
export type ResilienceNumberOptions = {
  readonly [Layer in keyof ResilienceNumbers]?:
    { readonly [Name in keyof ResilienceNumbers[Layer]]?: number | undefined } | undefined
}

/** The defaults. Each is an option, and a key of `kms.resilience` in a configuration file. */
export const RESILIENCE_DEFAULTS: ResilienceNumbers = {
  deadline: { totalMs: 15_000 },
  bulkhead: { maxConcurrentPerKek: 8, maxConcurrent: 32, maxQueued: 1_000 },
  retry: {
    attempts: 3,
    baseDelayMs: 100,
    throttledBaseDelayMs: 500,
    maxDelayMs: 2_000,
    maxRetryAfterMs: 10_000,
    budgetTokens: 100,
    retryCost: 5,
    timeoutCost: 10,
  },
  circuitBreaker: {
    failures: 5,
    failureRatio: 0.5,
    windowSize: 20,
    minRequests: 10,
    openMs: 5_000,
    maxOpenMs: 60_000,
  },
  rejectedUnwraps: { tokens: 200, refillPerSecond: 20 },
}

/** The least value of each number; 1 where none is named. */
const MIN: Readonly<Record<string, number>> = {
  'retry.baseDelayMs': 0,
  'retry.throttledBaseDelayMs': 0,
  'retry.maxDelayMs': 0,
  'retry.maxRetryAfterMs': 0,
  'retry.budgetTokens': 0,
  'retry.retryCost': 0,
  'retry.timeoutCost': 0,
  'bulkhead.maxQueued': 0,
}
const RATIO = 'circuitBreaker.failureRatio'

/**
 * Fills in the defaults. Every option is read once.
 *
 * @throws TypeError for an option that does not exist; RangeError for one that is not a whole number from its minimum (the ratio: above 0, at most 1).
 */
export function resilienceNumbers(options: ResilienceNumberOptions): ResilienceNumbers {
  const layers = Object.entries(RESILIENCE_DEFAULTS).map(([layer, defaults]: [string, object]): [string, object] => {
    const given: Record<string, unknown> = { ...options[layer as keyof ResilienceNumbers] }
    const unknown = Object.keys(given).find((name) => !Object.hasOwn(defaults, name))
    if (unknown !== undefined) throw new TypeError(`"${layer}.${unknown}" is not an option`)
    const numbers = Object.entries(defaults).map(([name, value]: [string, number]): [string, number] => {
      const path = `${layer}.${name}`
      return [name, checked(path, given[name] ?? value)]
    })
    return [layer, Object.fromEntries(numbers)]
  })
  return Object.fromEntries(layers) as unknown as ResilienceNumbers
}

/** The least value that a number may have. */
export function minimumOf(path: string): number {
  return (Object.hasOwn(MIN, path) ? MIN[path] : undefined) ?? 1
}

function checked(path: string, value: unknown): number {
  if (path === RATIO) {
    if (typeof value === 'number' && value > 0 && value <= 1) return value
    throw new RangeError(`"${path}" expected a number above 0 and at most 1, got ${String(value)}`)
  }
  const min = minimumOf(path)
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number
  throw new RangeError(`"${path}" expected a whole number from ${min}, got ${String(value)}`)
}
