import { describe, expect, it } from 'vitest'

import { isDekError, KmsTimeoutError, KmsUnavailableError, type Dek } from '../../../src/index.ts'
import { deadlineKms } from '../../../src/resilience/layers/deadline.ts'
import { deadlineOf } from '../../../src/resilience/layers/layer-call.ts'
import { FakeKms, gate, kekOne } from '../fake-kms.ts'
import { ManualClock } from '../manual-clock.ts'

function stage(): {
  readonly inner: FakeKms
  readonly clock: ManualClock
  readonly kms: ReturnType<typeof deadlineKms>
} {
  const inner = new FakeKms()
  const clock = new ManualClock()
  return { inner, clock, kms: deadlineKms(inner, { totalMs: 15_000 }, clock) }
}

describe('the deadline of a call', () => {
  it('rejects a call that a KMS never responds to, and ends the request', async () => {
    const { inner, clock, kms } = stage()
    inner.before = () => new Promise(() => undefined)
    const call = kms.resolveKek('alias/one').catch((thrown: unknown) => thrown)
    await clock.advance(14_999)
    expect(inner.calls[0]?.options.signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(await call).toBeInstanceOf(KmsTimeoutError)
    expect((await call) as Error).toMatchObject({
      message: 'kms did not respond within 15000 ms while resolving KEK "alias/one"',
      retryable: true,
    })
    expect(inner.calls[0]?.options.signal?.aborted).toBe(true)
  })

  it('leaves no timer behind', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    inner.before = () => {
      throw new KmsUnavailableError({ provider: 'fake', operation: 'resolveKek' })
    }
    await expect(kms.resolveKek('alias/one')).rejects.toThrow(KmsUnavailableError)
    expect(clock.pending).toBe(0)
  })

  it('is known to the layers inside', async () => {
    const { inner, clock, kms } = stage()
    await kms.generateDekPair(kekOne)
    expect(deadlineOf(inner.calls[0]?.options ?? {})).toBe(clock.steady + 15_000)
    expect(deadlineOf({})).toBe(Infinity)
  })

  it('gives way to the signal of the caller, with its reason', async () => {
    const { inner, clock, kms } = stage()
    inner.before = () => new Promise(() => undefined)
    const controller = new AbortController()
    const call = kms.resolveKek('alias/one', { signal: controller.signal }).catch((thrown: unknown) => thrown)
    await clock.advance(10)
    controller.abort('enough')
    expect([await call, clock.pending]).toEqual(['enough', 0])
    await expect(kms.resolveKek('alias/one', { signal: controller.signal })).rejects.toBe('enough')
    expect(inner.calls).toHaveLength(1)
  })

  it('destroys a DEK that comes too late for anybody to own it', async () => {
    const { inner, clock, kms } = stage()
    const { passed, open } = gate()
    inner.before = () => passed
    const call = kms.decryptEdek(kekOne, Uint8Array.of(0, 0, ...new Uint8Array(32).fill(7))).catch((e: unknown) => e)
    await clock.advance(15_000)
    expect(await call).toBeInstanceOf(KmsTimeoutError)
    open()
    await clock.advance(0)
    const late = inner.unwrapped[0] as Dek
    expect(() => {
      late.claim('records')
    }).toThrow(expect.toSatisfy((error: unknown) => isDekError(error, 'DEK_DESTROYED')) as Error)
  })
})
