import { describe, expect, it } from 'vitest'

import { isKmsError, type Kek, type Kms, type KmsCallOptions } from '../../../src/index.ts'
import { boundedKms, Bulkhead, type BulkheadOptions } from '../../../src/resilience/layers/bulkhead.ts'
import { asRefresh } from '../../../src/resilience/layers/layer-call.ts'
import { FakeKms, gate, kekOne, kekTwo } from '../fake-kms.ts'
import { settle } from '../manual-clock.ts'

const OPTIONS: BulkheadOptions = { maxConcurrentPerKek: 2, maxConcurrent: 3, maxQueued: 4 }

function stage(): { readonly inner: FakeKms; readonly kms: Kms; readonly bulkhead: Bulkhead; open(): void } {
  const inner = new FakeKms()
  const { passed, open } = gate()
  inner.before = () => passed
  const bulkhead = new Bulkhead(OPTIONS)
  return { inner, bulkhead, kms: boundedKms(inner, bulkhead), open }
}

const settled = async (calls: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(calls)).map((result) =>
    result.status === 'fulfilled' ? 'ok' : isKmsError(result.reason) ? result.reason.code : (result.reason as unknown),
  )

describe('the bulkhead', () => {
  it('lets two calls of a KEK through at a time, and three of a lane', async () => {
    const { inner, kms, bulkhead, open } = stage()
    const calls = [kekOne, kekOne, kekOne, kekTwo, kekTwo].map((kek) => kms.generateDekPair(kek))
    await settle()
    expect([inner.calls.length, bulkhead.snapshot()]).toEqual([3, { generate: { inFlight: 3, queued: 2 } }])
    open()
    expect(await settled(calls)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect([inner.calls.length, bulkhead.snapshot()]).toEqual([5, { generate: { inFlight: 0, queued: 0 } }])
  })

  it('rejects a call when too many wait, without a request', async () => {
    const { inner, kms, open } = stage()
    const outcome = settled(Array.from({ length: 8 }, () => kms.generateDekPair(kekOne)))
    await settle()
    open()
    const outcomes = await outcome
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(6)
    expect(outcomes.filter((outcome) => outcome === 'KMS_OVERLOADED')).toHaveLength(2)
    expect(inner.calls).toHaveLength(6)
  })

  it.each([
    ['a flood of unwraps', (kms: Kms) => unwrap(kms, {})],
    ['unwraps of KEKs that no rule names exactly', (kms: Kms) => unwrap(kms, { reader: { topic: 't', named: false } })],
    ['refreshes in the background', (kms: Kms) => kms.resolveKek('alias/one', asRefresh({}))],
  ])('keeps the way free for producers and for the KEKs of rules: %s', async (_, flood) => {
    const { inner, kms, open } = stage()
    const flooding = Array.from({ length: 6 }, () => flood(kms))
    await settle()
    const before = inner.calls.length
    const others = [kms.generateDekPair(kekOne), kms.resolveKek('alias/one')]
    await settle()
    expect(inner.calls.slice(before).map(({ operation }) => operation)).toEqual(['generateDekPair', 'resolveKek'])
    open()
    await settled([...flooding, ...others])
  })

  it('does not let the queue of one KEK hold up another', async () => {
    const { inner, kms, open } = stage()
    const calls = [...Array.from({ length: 5 }, () => kms.generateDekPair(kekOne)), kms.generateDekPair(kekTwo)]
    await settle()
    expect(inner.calls).toHaveLength(3)
    open()
    await settled(calls)
  })

  it('gives up the place of a call that is aborted while it waits', async () => {
    const { inner, kms, bulkhead, open } = stage()
    const controller = new AbortController()
    const first = [kms.generateDekPair(kekOne), kms.generateDekPair(kekOne)]
    const waiting = kms.generateDekPair(kekOne, { signal: controller.signal })
    const last = kms.generateDekPair(kekOne)
    await settle()
    controller.abort('enough')
    expect(await settled([waiting])).toEqual(['enough'])
    expect(bulkhead.snapshot()).toEqual({ generate: { inFlight: 2, queued: 1 } })
    open()
    expect(await settled([...first, last])).toEqual(['ok', 'ok', 'ok'])
    expect([inner.calls.length, bulkhead.snapshot()]).toEqual([3, { generate: { inFlight: 0, queued: 0 } }])
  })

  it('frees a place when a call fails', async () => {
    const inner = new FakeKms()
    const bulkhead = new Bulkhead(OPTIONS)
    inner.before = () => {
      throw new Error('x')
    }
    const kms = boundedKms(inner, bulkhead)
    await settled(Array.from({ length: 20 }, () => kms.generateDekPair(kekOne)))
    expect(bulkhead.snapshot()).toEqual({ generate: { inFlight: 0, queued: 0 } })
  })
})

function unwrap(kms: Kms, options: KmsCallOptions, kek: Kek = kekOne): Promise<unknown> {
  return kms.decryptEdek(kek, Uint8Array.of(0, 0, ...new Uint8Array(32)), options)
}
