import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  InvalidEdekError,
  isKmsError,
  KmsUnavailableError,
  type Kek,
  type Kms,
  type KmsCallOptions,
} from '../../../src/index.ts'
import { withDeadline } from '../../../src/resilience/layers/layer-call.ts'
import { limitRejectedUnwraps } from '../../../src/resilience/layers/limit-rejected-unwraps.ts'
import { FakeKms, kekOne, kekTwo } from '../fake-kms.ts'
import { ManualClock } from '../manual-clock.ts'

const OPTIONS = { tokens: 200, refillPerSecond: 20 }
const details = { provider: 'fake', operation: 'decryptEdek' } as const
const good = Uint8Array.of(0, 0, ...new Uint8Array(32).fill(7))

interface Stage {
  readonly inner: FakeKms
  readonly clock: ManualClock
  readonly kms: Kms
  /** Unwraps `n` EDEKs at once within 15 s each and counts what became of them. */
  flood(n: number, options?: KmsCallOptions, kek?: Kek): Promise<Record<string, number>>
}

function stage(error: Error | null = new InvalidEdekError(details)): Stage {
  const inner = new FakeKms()
  const clock = new ManualClock()
  const kms = limitRejectedUnwraps(inner, OPTIONS, clock)
  inner.before = () => {
    if (error !== null) throw error
  }
  return {
    inner,
    clock,
    kms,
    async flood(n, options = {}, kek = kekOne) {
      const edek = Uint8Array.of(kek === kekTwo ? 1 : 0, 0, ...new Uint8Array(32).fill(7))
      const calls = Array.from({ length: n }, () =>
        kms.decryptEdek(kek, edek, withDeadline(options, clock.steady + 15_000)).then(
          () => 'ok',
          (thrown: unknown) => (isKmsError(thrown) ? thrown.code : 'other'),
        ),
      )
      await clock.advance(15_000)
      const counts: Record<string, number> = {}
      for (const outcome of await Promise.all(calls)) counts[outcome] = (counts[outcome] ?? 0) + 1
      return counts
    },
  }
}

const topic = (name: string): KmsCallOptions => ({ reader: { topic: name, named: true } })

describe('unwraps that the KMS rejects', () => {
  it('are limited to 200 at once and 20 a second: the others wait, and reject without a request', async () => {
    const { inner, flood } = stage()
    const counts = await flood(1_000)
    expect(inner.calls.length).toBeGreaterThanOrEqual(495)
    expect(inner.calls.length).toBeLessThanOrEqual(500)
    expect(counts).toEqual({ KMS_INVALID_EDEK: inner.calls.length, KMS_OVERLOADED: 1_000 - inner.calls.length })
  })

  it('of every kind of verdict count', async () => {
    const { inner, flood } = stage(new AccessDeniedError(details))
    await flood(600)
    expect(inner.calls.length).toBeLessThanOrEqual(500)
  })

  it('do not limit those that succeed', async () => {
    const { flood } = stage(null)
    expect(await flood(5_000)).toEqual({ ok: 5_000 })
  })

  it('are not what an outage causes', async () => {
    const { flood } = stage(new KmsUnavailableError(details))
    expect(await flood(1_000)).toEqual({ KMS_UNAVAILABLE: 1_000 })
  })

  it('cost a success its token where unwrapping proves nothing', async () => {
    const { inner, flood } = stage(null)
    await flood(1_000, {}, { ...kekOne, unproven: true })
    expect(inner.calls.length).toBeLessThanOrEqual(500)
  })

  it('of one topic do not starve another topic of the same KEK, nor another KEK', async () => {
    const { flood } = stage()
    await flood(1_000, topic('hostile'))
    expect(await flood(200, topic('good'))).toEqual({ KMS_INVALID_EDEK: 200 })
    expect(await flood(200, topic('hostile'), kekTwo)).toEqual({ KMS_INVALID_EDEK: 200 })
  })

  it('of KEKs that no rule names exactly share one bucket, whatever KEK and topic', async () => {
    const { inner, flood } = stage()
    await flood(300, { reader: { topic: 'a', named: false } })
    await flood(300, { reader: { topic: 'b', named: false } }, kekTwo)
    expect(inner.calls.length).toBeLessThanOrEqual(800)
    expect(await flood(1, topic('a'))).toEqual({ KMS_INVALID_EDEK: 1 })
  })

  it('leave a waiting caller its signal', async () => {
    const { kms, clock, flood } = stage()
    await flood(600)
    const controller = new AbortController()
    const waiting = Array.from({ length: 30 }, () =>
      kms.decryptEdek(kekOne, good, { signal: controller.signal }).catch((thrown: unknown) => thrown),
    )
    await clock.advance(1)
    controller.abort('enough')
    expect((await Promise.all(waiting)).at(-1)).toBe('enough')
    expect(clock.pending).toBe(0)
  })

  it('do not limit other operations', async () => {
    const { kms, inner, flood } = stage()
    await flood(600)
    inner.before = () => undefined
    await Promise.all(Array.from({ length: 500 }, () => kms.generateDekPair(kekOne)))
  })

  it('are not forgiven twice by a clock that is set ahead and back', async () => {
    const { clock, inner, flood } = stage()
    await flood(600)
    const before = inner.calls.length
    clock.wall += 86_400_000
    await flood(300)
    clock.wall -= 86_400_000
    await flood(300)
    expect(inner.calls.length - before).toBeLessThanOrEqual(200 + 3 * 300)
  })
})
