import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  CircuitOpenError,
  KeyVersionAheadError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  type KmsCallOptions,
} from '../../../src/index.ts'
import { asRefresh, withDeadline } from '../../../src/resilience/layers/layer-call.ts'
import { retryingKms, secureRandom, type RetryOptions } from '../../../src/resilience/layers/retry.ts'
import { FakeKms, kekOne } from '../fake-kms.ts'
import { ManualClock } from '../manual-clock.ts'

const OPTIONS: RetryOptions = {
  attempts: 3,
  baseDelayMs: 100,
  throttledBaseDelayMs: 500,
  maxDelayMs: 2_000,
  maxRetryAfterMs: 10_000,
  budgetTokens: 100,
  retryCost: 5,
  timeoutCost: 10,
}
const details = { provider: 'fake', operation: 'generateDekPair' } as const
const down = (): Error => new KmsUnavailableError(details)

/** The delays between the attempts of one call that fails with `error` each time. */
async function delays(error: () => Error, random: number, options: Partial<RetryOptions> = {}): Promise<number[]> {
  const inner = new FakeKms()
  const clock = new ManualClock()
  const at: number[] = []
  inner.before = () => {
    at.push(clock.steady)
    throw error()
  }
  const kms = retryingKms(inner, { ...OPTIONS, ...options }, clock, () => random)
  const call = kms.generateDekPair(kekOne).catch((thrown: unknown) => thrown)
  await clock.advance(60_000)
  expect(await call).toBeInstanceOf(error().constructor)
  return at.slice(1).map((moment, i) => moment - (at[i] as number))
}

describe('retries', () => {
  it.each([
    ['an outage with full jitter', down, 0.5, {}, [50, 100]],
    ['an outage at once where the jitter is 0', down, 0, {}, [0, 0]],
    ['throttling after at least half of the step', () => new ThrottledError(details), 0, {}, [250, 500]],
    ['throttling within the step', () => new ThrottledError(details), 0.999, {}, [499.75, 999.5]],
    ['up to the longest delay', down, 1, { attempts: 7 }, [100, 200, 400, 800, 1_600, 2_000]],
    [
      'as long as the KMS asks to wait',
      () => new ThrottledError({ ...details, retryAfterMs: 7_000 }),
      0,
      {},
      [7_000, 7_000],
    ],
    [
      'no longer than the cap',
      () => new KmsUnavailableError({ ...details, retryAfterMs: 1e12 }),
      0,
      {},
      [10_000, 10_000],
    ],
  ])('wait: %s', async (_, error, random, options, expected) => {
    expect(await delays(error, random, options)).toEqual(expected)
  })

  it.each([
    ['a denial', () => new AccessDeniedError(details)],
    ['an open circuit breaker', () => new CircuitOpenError(details)],
    ['a version ahead', () => new KeyVersionAheadError(details)],
    ['a TypeError', () => new TypeError('x')],
  ])('are not made after %s', async (_, error) => {
    expect(await delays(error, 0)).toEqual([])
  })

  it('end with the first success', async () => {
    const inner = new FakeKms()
    const clock = new ManualClock()
    let calls = 0
    inner.before = () => {
      if (++calls < 3) throw down()
    }
    const call = retryingKms(inner, OPTIONS, clock, () => 0).resolveKek('alias/one')
    await clock.advance(1)
    expect([await call, calls]).toEqual([kekOne, 3])
  })

  it.each([
    ['about a KEK that no rule names exactly', { reader: { topic: 't', named: false } }],
    ['in the background', asRefresh({})],
  ] as [string, KmsCallOptions][])('are not made of calls %s', async (_, options) => {
    const inner = new FakeKms()
    inner.before = () => {
      throw down()
    }
    const kms = retryingKms(inner, OPTIONS, new ManualClock(), () => 0)
    await expect(kms.resolveKek('alias/one', options)).rejects.toThrow(KmsUnavailableError)
    expect(inner.calls).toHaveLength(1)
  })

  it('are not made past the deadline of the call, so that the reason is seen', async () => {
    const inner = new FakeKms()
    const clock = new ManualClock()
    inner.before = () => {
      throw new ThrottledError(details)
    }
    const kms = retryingKms(inner, OPTIONS, clock, () => 0)
    const call = kms.generateDekPair(kekOne, withDeadline({}, clock.steady + 700)).catch((thrown: unknown) => thrown)
    await clock.advance(10_000)
    expect(await call).toBeInstanceOf(ThrottledError)
    expect(inner.calls).toHaveLength(2)
  })

  it('stop waiting when the caller aborts, with the reason of the signal', async () => {
    const inner = new FakeKms()
    const clock = new ManualClock()
    inner.before = () => {
      throw down()
    }
    const controller = new AbortController()
    const call = retryingKms(inner, OPTIONS, clock, () => 0.5).resolveKek('alias/one', { signal: controller.signal })
    const outcome = call.catch((thrown: unknown) => thrown)
    await clock.advance(10)
    controller.abort('enough')
    expect([await outcome, inner.calls.length, clock.pending]).toEqual(['enough', 1, 0])
  })

  it('cost tokens: an outage is multiplied at first and then hardly at all', async () => {
    const inner = new FakeKms()
    inner.before = () => {
      throw down()
    }
    const kms = retryingKms(inner, OPTIONS, new ManualClock(), () => 0)
    const clock = new ManualClock()
    for (let i = 0; i < 1_000; i++) {
      const call = kms.resolveKek('alias/one').catch(() => undefined)
      await clock.advance(0)
      void call
    }
    // 100 tokens are 20 retries at 5 each.
    expect(inner.calls.length).toBeLessThanOrEqual(1_020)
  })

  it('cost twice as much after a time-out, and each success gives a token back', async () => {
    const inner = new FakeKms()
    let fail = true
    inner.before = () => {
      if (fail) throw new KmsTimeoutError(5_000, details)
    }
    const clock = new ManualClock()
    const kms = retryingKms(inner, { ...OPTIONS, attempts: 2, budgetTokens: 10 }, clock, () => 0)
    const failing = async (): Promise<number> => {
      const before = inner.calls.length
      const call = kms.resolveKek('alias/one').catch(() => undefined)
      await clock.advance(1)
      await call
      return inner.calls.length - before
    }
    expect([await failing(), await failing()]).toEqual([2, 1])
    fail = false
    for (let i = 0; i < 9; i++) await kms.resolveKek('alias/one')
    fail = true
    expect(await failing()).toBe(1)
    fail = false
    await kms.resolveKek('alias/one')
    fail = true
    expect(await failing()).toBe(2)
  })

  it('draw from the whole interval', () => {
    const drawn = Array.from({ length: 1_000 }, secureRandom)
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true)
    expect(new Set(drawn).size).toBeGreaterThan(990)
  })
})
