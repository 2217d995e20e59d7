import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import type { Kms } from '@keyfold/kms-api'

import { bytes, codeOf, records, runsOf, settled, setUp } from '../records/support.ts'

const STOP = 7_200_000

describe('a DEK at its stop age', () => {
  it.each([
    [-1, 1],
    [0, 2],
    [1, 2],
  ])('and %d ms encrypts under %d DEKs in all, and no call spins', async (more, made) => {
    const { encryption, clock, admin } = await setUp({ limits: { refreshMs: STOP, stopMs: STOP } })
    const before = await encryption.encrypt('t', records(1))
    clock.pass(STOP + more)
    const after = await encryption.encrypt('t', records(1))
    // One millisecond before, the refresh begins in the background.
    await settled()
    expect(admin.calls.generateDekPair).toBe(2)
    expect(runsOf([...before, ...after])).toHaveLength(made)
  })

  it('that every DEK has reached when it is there rejects, after few requests', async () => {
    const clock = new TestClock()
    const { kms, admin } = await setUp()
    const slow: Kms = Object.assign(Object.create(kms) as Kms, {
      resolveKek: kms.resolveKek.bind(kms),
      kekOf: kms.kekOf.bind(kms),
      generateDekPair: (...call: Parameters<Kms['generateDekPair']>) => kms.generateDekPair(...call),
    })
    // Each reading of the clock takes longer than a DEK may be used.
    const now = { now: () => (clock.pass(2), clock.wall), monotonic: () => clock.steady }
    const { encryption } = await setUp({ kms: slow, clock: now, limits: { refreshMs: 1, stopMs: 1 } })
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow(/"limits\.stopMs"/)
    expect(admin.calls.generateDekPair).toBeLessThanOrEqual(10)
  })

  it('whose clocks diverge at every reading rejects, after few requests', async () => {
    let wall = 0
    const { kms, admin } = await setUp()
    const now = { now: () => (wall += 60_000), monotonic: () => 0 }
    const { encryption } = await setUp({ kms, clock: now, limits: { refreshMs: 86_400_000, stopMs: 7 * 86_400_000 } })
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow(/the clocks of the machine/)
    expect(admin.calls.generateDekPair).toBeLessThanOrEqual(10)
  })
})

describe('a KMS that resolves to nothing', () => {
  const given: readonly (readonly [string, Partial<Record<keyof Kms, unknown>>])[] = [
    ['no KEK', { resolveKek: () => Promise.resolve(undefined) }],
    ['no pair', { generateDekPair: () => Promise.resolve(undefined) }],
    ['an empty pair', { generateDekPair: () => Promise.resolve({}) }],
    ['null', { generateDekPair: () => Promise.resolve(null) }],
    ['a text', { resolveKek: () => Promise.resolve('kek') }],
  ]

  it.each(given)('rejects what is to be encrypted: %s', async (_, methods) => {
    const { kms } = await setUp()
    for (const resilience of ['none', undefined] as const) {
      const { encryption } = await setUp({ kms: badly(kms, methods), resilience })
      expect(await codeOf(encryption.encrypt('t', [{ value: bytes('v') }]))).toBe('KMS_INVALID_RESPONSE')
    }
  })

  it('rejects the batch that is to be decrypted: it is no verdict about a record', async () => {
    const { kms, encryption: writer } = await setUp()
    const sealed = await writer.encrypt('t', records(1))
    for (const resilience of ['none', undefined] as const) {
      const nothing = badly(kms, { decryptEdek: () => Promise.resolve(undefined) })
      const { encryption } = await setUp({ kms: nothing, resilience, onDecryptError: 'skip' })
      expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_INVALID_RESPONSE')
    }
  })

  function badly(kms: Kms, methods: object): Kms {
    const bound = ['resolveKek', 'generateDekPair', 'decryptEdek', 'kekOf', 'close'] as const
    const own = Object.fromEntries(bound.map((name) => [name, (kms[name] as () => unknown).bind(kms)]))
    return { ...own, ...methods } as unknown as Kms
  }
})
