import { randomBytes } from 'node:crypto'

import { wait } from '../../clock/schedule.ts'
import type { Kms } from '../../contract/kms.ts'
import { isKmsError, type KmsError } from '../../errors/kms-error.ts'
import type { Clock } from '../../provider.ts'
import { deadlineOf, laneOf } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts'

/** The options of retries. */
export interface RetryOptions extends RetryBudgetOptions {
  /** Requests of one call, the first included. Default 3. */
  readonly attempts: number
  /** The delay before the first retry is random, up to this many milliseconds, and doubles. Default 100. */
  readonly baseDelayMs: number
  /** … when the KMS throttled: at least half of it is waited. Default 500. */
  readonly throttledBaseDelayMs: number
  /** The longest delay of the two, in milliseconds. Default 2,000. */
  readonly maxDelayMs: number
  /** The longest time that a KMS may ask to wait (Retry-After), in milliseconds; longer ones are cut. Default 10,000. */
  readonly maxRetryAfterMs: number
}

/** A random number from 0 to less than 1. */
export type Random = () => number

const RANDOM_BYTES = 4
const RANDOM_STEPS = 2 ** 32

/** From the kernel-seeded generator. */
export const secureRandom: Random = () => randomBytes(RANDOM_BYTES).readUInt32LE() / RANDOM_STEPS

/**
 * Sends a request again after an error that is `retryable`, and after no other. Calls about a KEK that no rule names exactly, and refreshes in the
 * background, are made once.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html the model of budget and jitter
 */
export function retryingKms(kms: Kms, options: RetryOptions, clock: Clock, random: Random = secureRandom): Kms {
  const budget = new RetryBudget(options)
  return layeredKms(kms, async (call) => {
    const lane = laneOf(call)
    const attempts = lane === 'unnamed' || lane === 'refresh' ? 1 : options.attempts
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await call.run(call.options)
        budget.succeeded()
        return result
      } catch (error) {
        if (attempt >= attempts || !isKmsError(error) || !error.retryable) throw error
        const delayMs = delayBefore(attempt, error, options, random)
        // A retry that the deadline would cut off only hides the reason.
        if (clock.monotonic() + delayMs >= deadlineOf(call.options)) throw error
        if (!budget.take(error.code === 'KMS_TIMEOUT')) throw error
        await wait(clock, delayMs, call.options.signal)
      }
    }
  })
}

/**
 * Milliseconds to wait after attempt number `attempt`. Throttling: from half of the step to all of it, because a delay that can be 0 does not relieve the
 * KMS. Otherwise anything up to the step.
 */
function delayBefore(attempt: number, error: KmsError, options: RetryOptions, random: Random): number {
  const throttled = error.code === 'KMS_THROTTLED'
  const base = throttled ? options.throttledBaseDelayMs : options.baseDelayMs
  const step = Math.min(base * 2 ** (attempt - 1), options.maxDelayMs)
  const delayMs = throttled ? step / 2 + random() * (step / 2) : random() * step
  return Math.max(delayMs, Math.min(error.retryAfterMs ?? 0, options.maxRetryAfterMs))
}
