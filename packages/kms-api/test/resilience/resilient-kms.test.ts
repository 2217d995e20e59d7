import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  InvalidEdekError,
  isKmsError,
  KmsUnavailableError,
  ThrottledError,
  type Kms,
} from '../../src/index.ts'
import {
  cachingKms,
  decorationOf,
  isDecoratedKms,
  RESILIENCE_DEFAULTS,
  resilientKms,
  type ResilientKmsOptions,
} from '../../src/resilience/index.ts'
import { FakeKms, gate, kekOne } from './fake-kms.ts'
import { ManualClock, settle } from './manual-clock.ts'

const MINUTE = 60_000
const details = { provider: 'fake', operation: 'resolveKek' } as const

function stage(options: ResilientKmsOptions = {}): {
  readonly inner: FakeKms
  readonly clock: ManualClock
  readonly kms: Kms
} {
  const inner = new FakeKms()
  const clock = new ManualClock()
  return { inner, clock, kms: resilientKms(inner, { clock, ...options }) }
}

const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'ok',
    (error: unknown) => (isKmsError(error) ? error.code : error),
  )

describe('a resilient KMS', () => {
  it.each(['resolveKek', 'generateDekPair', 'decryptEdek'] as const)(
    'survives two faults in a row of %s',
    async (operation) => {
      const { inner, clock, kms } = stage()
      const { edek } = await kms.generateDekPair(kekOne)
      const before = inner.calls.length
      let faults = 2
      inner.before = () => {
        if (faults-- > 0) throw faults === 1 ? new ThrottledError(details) : new KmsUnavailableError(details)
      }
      const call = {
        resolveKek: () => kms.resolveKek('alias/one'),
        generateDekPair: () => kms.generateDekPair(kekOne),
        decryptEdek: () => kms.decryptEdek(kekOne, edek),
      }[operation]()
      await clock.advance(5_000)
      expect([await outcome(call), inner.calls.length - before]).toEqual(['ok', 3])
    },
  )

  it('costs at most three requests for an isolated fault, and at most a tenth more in an outage of ten minutes', async () => {
    const { inner, clock, kms } = stage({ cache: 'none' })
    inner.before = () => {
      throw new KmsUnavailableError(details)
    }
    const calls: Promise<unknown>[] = []
    for (let second = 0; second < 600; second++) {
      calls.push(outcome(kms.generateDekPair(kekOne)))
      await clock.advance(1_000)
    }
    const outcomes = await Promise.all(calls)
    expect(new Set(outcomes)).toEqual(new Set(['KMS_UNAVAILABLE', 'KMS_CIRCUIT_OPEN']))
    // Five requests open the breaker; then one probe in each of its periods: 5, 10, 20, 40, 60, 60 … seconds.
    expect(inner.calls.length).toBeLessThanOrEqual(5 + 15)
  })

  it('serves again at the first probe after an outage, at most a minute later', async () => {
    const { inner, clock, kms } = stage({ cache: 'none' })
    inner.before = () => {
      throw new KmsUnavailableError(details)
    }
    for (let second = 0; second < 600; second++) {
      void outcome(kms.generateDekPair(kekOne))
      await clock.advance(1_000)
    }
    inner.before = () => undefined
    let seconds = 0
    while ((await outcome(kms.generateDekPair(kekOne))) !== 'ok') {
      await clock.advance(1_000)
      seconds++
    }
    expect(seconds).toBeLessThanOrEqual(60)
  })

  it('rejects within its deadline, with an error that may be retried, when the KMS never responds', async () => {
    const { inner, clock, kms } = stage()
    inner.before = () => new Promise(() => undefined)
    const call = outcome(kms.resolveKek('alias/one'))
    await clock.advance(15_000)
    expect(await Promise.race([call, settle().then(() => 'waits')])).toBe('KMS_TIMEOUT')
  })

  it('joins a thousand callers into one request, retries included', async () => {
    const { inner, clock, kms } = stage()
    let faults = 1
    inner.before = () => {
      if (faults-- > 0) throw new KmsUnavailableError(details)
    }
    const calls = Array.from({ length: 1_000 }, () => outcome(kms.resolveKek('alias/one')))
    await clock.advance(5_000)
    expect([new Set(await Promise.all(calls)), inner.calls.length]).toEqual([new Set(['ok']), 2])
  })

  it('keeps producers served while a flood of forged EDEKs waits for the KMS', async () => {
    const { inner, clock, kms } = stage()
    const { passed, open } = gate()
    inner.before = async ({ operation }) => {
      if (operation !== 'decryptEdek') return
      await passed
      throw new InvalidEdekError({ ...details, operation: 'decryptEdek' })
    }
    const flood = Array.from({ length: 400 }, (_, i) =>
      outcome(
        kms.decryptEdek(kekOne, Uint8Array.of(0, 0, i >> 8, i & 0xff, ...new Uint8Array(30)), {
          reader: { topic: 'hostile', named: true, ruleKekSelector: 'alias/one' },
        }),
      ),
    )
    await settle()
    expect(inner.count('decryptEdek')).toBe(RESILIENCE_DEFAULTS.bulkhead.maxConcurrentPerKek)
    expect(await outcome(kms.generateDekPair(kekOne))).toBe('ok')
    open()
    await clock.advance(15_000)
    await Promise.all(flood)
  })

  it('sends no rejected EDEK twice, so that each retry of a batch makes progress', async () => {
    const { inner, clock, kms } = stage()
    inner.before = () => {
      throw new InvalidEdekError({ ...details, operation: 'decryptEdek' })
    }
    const flood = async (): Promise<unknown[]> => {
      const calls = Array.from({ length: 300 }, (_, i) =>
        outcome(kms.decryptEdek(kekOne, Uint8Array.of(0, 0, i >> 8, i & 0xff, ...new Uint8Array(30)))),
      )
      await clock.advance(15_000)
      return Promise.all(calls)
    }
    const first = await flood()
    const second = await flood()
    expect(first.filter((code) => code === 'KMS_OVERLOADED').length).toBeLessThan(300)
    expect(second).toEqual(Array.from({ length: 300 }, () => 'KMS_INVALID_EDEK'))
    expect(inner.calls).toHaveLength(300)
  })

  it('says once that the breaker opened and once that it closed', async () => {
    const lines: string[] = []
    const log = (level: string) => (fields: object) => lines.push(`${level} ${JSON.stringify(fields)}`)
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
    const { inner, clock, kms } = stage({ cache: 'none', logger })
    inner.before = () => {
      throw new KmsUnavailableError(details)
    }
    for (let i = 0; i < 300; i++) {
      void outcome(kms.generateDekPair(kekOne))
      await clock.advance(1_000)
    }
    inner.before = () => undefined
    for (let i = 0; i < 100; i++) {
      void outcome(kms.generateDekPair(kekOne))
      await clock.advance(1_000)
    }
    expect(lines).toEqual(['warn {"event":"kms_circuit_open"}', 'info {"event":"kms_circuit_closed"}'])
  })

  it('shows how its layers are', async () => {
    const { inner, kms } = stage()
    const { passed, open } = gate()
    inner.before = () => passed
    const calls = [kms.resolveKek('alias/one'), kms.generateDekPair(kekOne)]
    await settle()
    const decoration = decorationOf(kms)
    expect(decoration?.layers).toEqual([
      'cache',
      'deadline',
      'rejected-unwraps',
      'bulkhead',
      'retry',
      'circuit-breaker',
    ])
    expect(decoration?.snapshot()).toEqual({
      keks: { entries: 0, inFlight: 1 },
      deks: { entries: 0, inFlight: 0 },
      circuitBreaker: { state: 'closed', retryAfterMs: 0 },
      lanes: { resolve: { inFlight: 1, queued: 0 }, generate: { inFlight: 1, queued: 0 } },
    })
    open()
    await Promise.all(calls)
  })

  it('forgets a KEK that is evicted, rejections included', async () => {
    const { inner, kms } = stage()
    const { edek } = await kms.generateDekPair(kekOne)
    inner.before = () => {
      throw new InvalidEdekError({ ...details, operation: 'decryptEdek' })
    }
    await outcome(kms.decryptEdek(kekOne, edek))
    inner.before = () => undefined
    expect(await outcome(kms.decryptEdek(kekOne, edek))).toBe('KMS_INVALID_EDEK')
    decorationOf(kms)?.evict(kekOne)
    expect(await outcome(kms.decryptEdek(kekOne, edek))).toBe('ok')
    const before = inner.calls.length
    decorationOf(kms)?.evict(kekOne)
    await kms.decryptEdek(kekOne, edek)
    expect(inner.calls.length - before).toBe(1)
  })

  it('is not decorated twice: one that has layers is used as it is, and options for it are an error', () => {
    const caching = cachingKms(new FakeKms())
    const resilient = resilientKms(new FakeKms())
    expect([resilientKms(caching) === caching, resilientKms(resilient) === resilient]).toEqual([true, true])
    expect(resilientKms(caching, { cache: undefined })).toBe(caching)
    expect(() => resilientKms(caching, { retry: { attempts: 5 } })).toThrow(TypeError)
    expect([isDecoratedKms(resilient), isDecoratedKms(new FakeKms())]).toEqual([true, false])
  })

  it('reads every number once, and takes no other', () => {
    const wrong: [object, string][] = [
      [{ retry: { attempts: 0 } }, '"retry.attempts" expected a whole number from 1, got 0'],
      [{ retry: { attempts: '3' } }, '"retry.attempts" expected a whole number from 1, got 3'],
      [{ deadline: { totalMs: 1.5 } }, '"deadline.totalMs" expected a whole number from 1, got 1.5'],
      [{ deadline: { totalMs: Number.NaN } }, '"deadline.totalMs" expected a whole number from 1, got NaN'],
      [
        { circuitBreaker: { failureRatio: 0 } },
        '"circuitBreaker.failureRatio" expected a number above 0 and at most 1, got 0',
      ],
      [{ bulkhead: { maxQueued: -1 } }, '"bulkhead.maxQueued" expected a whole number from 0, got -1'],
      [{ retry: { atempts: 3 } }, '"retry.atempts" is not an option'],
      [
        { rejectedUnwraps: { refillPerSecond: 0 } },
        '"rejectedUnwraps.refillPerSecond" expected a whole number from 1, got 0',
      ],
    ]
    for (const [options, message] of wrong) expect(() => resilientKms(new FakeKms(), options)).toThrow(message)
  })

  it('closes the KMS inside unless it belongs to somebody else', async () => {
    for (const cache of [undefined, 'none'] as const) {
      const [own, other] = [new FakeKms(), new FakeKms()]
      await resilientKms(own, { cache }).close()
      await resilientKms(other, { cache, closeInner: false }).close()
      expect([own.closed, other.closed]).toEqual([1, 0])
    }
  })

  it('without a cache serves no old response', async () => {
    const { inner, kms } = stage({ cache: 'none', retry: { attempts: 1 } })
    await kms.resolveKek('alias/one')
    inner.before = () => {
      throw new AccessDeniedError(details)
    }
    expect([await outcome(kms.resolveKek('alias/one')), inner.calls.length]).toEqual(['KMS_ACCESS_DENIED', 2])
  })

  it('leaves no timer behind', async () => {
    const { clock, kms } = stage()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.resolveKek('alias/one')
    await kms.decryptEdek(kekOne, edek)
    await clock.advance(30 * MINUTE)
    await kms.resolveKek('alias/one')
    expect(clock.pending).toBe(0)
  })
})
