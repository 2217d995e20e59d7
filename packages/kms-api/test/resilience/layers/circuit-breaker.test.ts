import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  CircuitOpenError,
  isKmsError,
  KeyVersionAheadError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownKeyError,
} from '../../../src/index.ts'
import { breakingKms } from '../../../src/resilience/layers/breaking-kms.ts'
import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
} from '../../../src/resilience/layers/circuit-breaker.ts'
import { FakeKms, gate, kekOne } from '../fake-kms.ts'
import { ManualClock, settle } from '../manual-clock.ts'

const OPTIONS: CircuitBreakerOptions = {
  failures: 5,
  failureRatio: 0.5,
  windowSize: 20,
  minRequests: 10,
  openMs: 5_000,
  maxOpenMs: 60_000,
}
const details = { provider: 'fake', operation: 'resolveKek' } as const
const unnamed = { reader: { topic: 't', named: false } }

function stage(): {
  readonly inner: FakeKms
  readonly clock: ManualClock
  readonly breaker: CircuitBreaker
  readonly states: CircuitState[]
  fails(error: Error | undefined): void
  call(options?: object): Promise<unknown>
} {
  const inner = new FakeKms()
  const clock = new ManualClock()
  const states: CircuitState[] = []
  // 0.5 is no jitter.
  const breaker = new CircuitBreaker(
    OPTIONS,
    clock,
    () => 0.5,
    (state) => states.push(state),
  )
  const kms = breakingKms(inner, breaker)
  let failure: Error | undefined
  inner.before = () => {
    if (failure !== undefined) throw failure
  }
  return {
    inner,
    clock,
    breaker,
    states,
    fails: (error) => {
      failure = error
    },
    call: (options) =>
      kms.resolveKek('alias/one', options).then(
        () => 'ok',
        (error: unknown) => (isKmsError(error) ? error.code : error),
      ),
  }
}

const times = async (n: number, work: () => Promise<unknown>): Promise<unknown[]> => {
  const results: unknown[] = []
  for (let i = 0; i < n; i++) results.push(await work())
  return results
}

describe('the circuit breaker', () => {
  it('opens after five failed requests in a row and then sends none', async () => {
    const { inner, breaker, states, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    expect(await times(7, call)).toEqual([
      ...Array.from({ length: 5 }, () => 'KMS_UNAVAILABLE'),
      'KMS_CIRCUIT_OPEN',
      'KMS_CIRCUIT_OPEN',
    ])
    expect([inner.calls.length, breaker.state, states]).toEqual([5, 'open', ['open']])
  })

  it('says how long it stays open', async () => {
    const { clock, inner, fails, call, breaker } = stage()
    fails(new KmsTimeoutError(5_000, details))
    await times(5, call)
    await clock.advance(1_234)
    await expect(breakingKms(inner, breaker).resolveKek('alias/one')).rejects.toMatchObject({
      code: 'KMS_CIRCUIT_OPEN',
      retryAfterMs: 3_766,
      retryable: false,
    })
  })

  it('opens at half of the last twenty requests, from ten on', async () => {
    const { fails, call, breaker } = stage()
    for (let i = 0; i < 4; i++) {
      fails(undefined)
      await call()
      fails(new KmsUnavailableError(details))
      await call()
    }
    expect(breaker.state).toBe('closed')
    fails(undefined)
    await call()
    fails(new KmsUnavailableError(details))
    await call()
    expect(breaker.state).toBe('open')
  })

  it('lets one probe through when its time is over, and closes when that succeeds', async () => {
    const { inner, clock, states, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    await clock.advance(5_000)
    fails(undefined)
    const { passed, open } = gate()
    inner.before = () => passed
    const waiting = Array.from({ length: 4 }, () => call())
    await settle()
    expect(inner.calls).toHaveLength(6)
    open()
    expect([await Promise.all(waiting), inner.calls.length, states]).toEqual([
      ['ok', 'ok', 'ok', 'ok'],
      9,
      ['open', 'closed'],
    ])
  })

  it('rejects those who waited for a probe that failed, without a request', async () => {
    const { inner, clock, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    await clock.advance(5_000)
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => call()))
    expect(outcomes).toEqual(['KMS_UNAVAILABLE', 'KMS_CIRCUIT_OPEN', 'KMS_CIRCUIT_OPEN', 'KMS_CIRCUIT_OPEN'])
    expect(inner.calls).toHaveLength(6)
  })

  it('leaves a caller who waits for a probe its signal', async () => {
    const { inner, clock, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    await clock.advance(5_000)
    inner.before = () => new Promise(() => undefined)
    void call()
    const controller = new AbortController()
    const waiting = call({ signal: controller.signal })
    await settle()
    controller.abort('enough')
    expect(await waiting).toBe('enough')
  })

  it('stays open twice as long after each failed probe, up to a minute', async () => {
    const { clock, fails, call, breaker } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    const open: number[] = []
    for (let i = 0; i < 6; i++) {
      open.push(breaker.retryAfterMs)
      await clock.advance(breaker.retryAfterMs)
      await call()
    }
    expect(open).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  it('starts with the first time again after it was closed', async () => {
    const { clock, fails, call, breaker } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    await clock.advance(5_000)
    await call()
    expect(breaker.retryAfterMs).toBe(10_000)
    fails(undefined)
    await clock.advance(10_000)
    await call()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    expect(breaker.retryAfterMs).toBe(5_000)
  })

  it.each([
    ['a denial', new AccessDeniedError(details)],
    ['an unknown key', new UnknownKeyError(details)],
    ['throttling', new ThrottledError(details)],
    ['a version ahead, which a record claims', new KeyVersionAheadError(details)],
    ['an open breaker further inside', new CircuitOpenError(details)],
    ['an abort', new DOMException('x', 'AbortError')],
  ])('does not open for %s', async (_, error) => {
    const { inner, breaker, fails, call } = stage()
    fails(error)
    await times(30, call)
    expect([breaker.state, inner.calls.length]).toEqual(['closed', 30])
  })

  it('does not count throttling between failures as a success', async () => {
    const { breaker, fails, call } = stage()
    for (let i = 0; i < 5; i++) {
      fails(new KmsUnavailableError(details))
      await call()
      fails(new ThrottledError(details))
      await call()
    }
    expect(breaker.state).toBe('open')
  })

  it('counts no request about a KEK that no rule names exactly, and sends none while it is open', async () => {
    const { inner, breaker, clock, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    await times(30, () => call(unnamed))
    expect(breaker.state).toBe('closed')
    await times(5, call)
    await clock.advance(5_000)
    const before = inner.calls.length
    expect(await call(unnamed)).toBe('KMS_CIRCUIT_OPEN')
    expect([inner.calls.length - before, await call()]).toEqual([0, 'KMS_UNAVAILABLE'])
  })

  it('gives the probe to the next request when its caller aborts', async () => {
    const { inner, clock, fails, call, breaker } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    await clock.advance(5_000)
    fails(new DOMException('gone', 'AbortError'))
    await call()
    expect(breaker.state).toBe('half-open')
    fails(undefined)
    expect([await call(), breaker.state, inner.calls.length]).toEqual(['ok', 'closed', 7])
  })

  it('ignores late outcomes of requests that began before it opened or closed', async () => {
    const { inner, clock, breaker, call } = stage()
    const { passed, open } = gate()
    inner.before = async () => {
      await passed
      throw new KmsUnavailableError(details)
    }
    const late = Array.from({ length: 20 }, () => call())
    open()
    await Promise.all(late)
    expect(breaker.retryAfterMs).toBe(5_000)
    inner.before = () => undefined
    await clock.advance(5_000)
    expect([await call(), breaker.state]).toEqual(['ok', 'closed'])
  })

  it.each([
    ['set back by ten years', -10 * 365 * 86_400_000],
    ['set ahead by ten years', 10 * 365 * 86_400_000],
  ])('survives a wall clock that is %s: at most one probe is early, and it does not stay open', async (_, jump) => {
    const { inner, clock, fails, call } = stage()
    fails(new KmsUnavailableError(details))
    await times(5, call)
    clock.wall += jump
    await times(10, call)
    expect(inner.calls.length).toBeLessThanOrEqual(6)
    fails(undefined)
    await clock.advance(10_000)
    expect(await call()).toBe('ok')
  })

  it('has jitter of a tenth, so that many processes do not probe at once', () => {
    const openFor = (random: number): number => {
      const breaker = new CircuitBreaker(OPTIONS, new ManualClock(), () => random)
      for (let i = 0; i < 5; i++) breaker.admit()?.('failure')
      return breaker.retryAfterMs
    }
    expect([openFor(0), openFor(0.5), openFor(0.9999)]).toEqual([4_500, 5_000, 5_500])
  })

  it('counts an unwrap that fails for everybody like any other request', async () => {
    const { inner, breaker } = stage()
    const kms = breakingKms(inner, breaker)
    inner.before = () => {
      throw new KmsUnavailableError({ ...details, operation: 'decryptEdek' })
    }
    const edek = Uint8Array.of(0, 0, ...new Uint8Array(32))
    for (let i = 0; i < 5; i++)
      await kms.decryptEdek(kekOne, edek, { reader: { topic: 't', named: true } }).catch(() => 0)
    expect(breaker.state).toBe('open')
  })
})
