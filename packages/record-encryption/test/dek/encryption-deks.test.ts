import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { EncryptionDek } from '../../src/dek/encryption-dek.ts'
import { EncryptionDeks } from '../../src/dek/encryption-deks.ts'
import { KekVersions } from '../../src/keks/kek-versions.ts'
import { dekLimits } from '../../src/policies/policies.ts'
import { resolvePolicies } from '../../src/policies/resolve-policies.ts'
import { isDestroyed } from '../records/support.ts'

const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
const limits = resolvePolicies(dekLimits, { records: 10, bytes: 1_000 })
const one = { records: 1, bytes: 16 }

async function encryptionDek(): Promise<{ readonly held: EncryptionDek; readonly isGone: () => boolean }> {
  const { dek, edek } = await kms.generateDekPair(await kms.resolveKek('kek'))
  return { held: new EncryptionDek(dek, edek, limits, { wall: 0, monotonic: 0 }), isGone: () => isDestroyed(dek) }
}

describe('a reservation', () => {
  it('ends once, so that nobody else loses the DEK', async () => {
    const { held, isGone } = await encryptionDek()
    const [first, second] = [held.reserve(one)!, held.reserve(one)!]
    held.retire()
    first.end()
    first.end()
    expect(isGone()).toBe(false)
    second.end()
    expect(isGone()).toBe(true)
  })

  it('takes all of what is needed or nothing', async () => {
    const { held } = await encryptionDek()
    expect(held.reserve({ records: 11, bytes: 1 })).toBeUndefined()
    expect(held.reserve({ records: 1, bytes: 1_001 })).toBeUndefined()
    expect(held.reserve({ records: 10, bytes: 1_000 })).toBeDefined()
    expect(held.reserve(one)).toBeUndefined()
    expect(held.reserve({ records: 0, bytes: 0 })).toBeDefined()
  })

  it('cannot be had of a DEK that is retired or revoked', async () => {
    for (const end of ['retire', 'revoke'] as const) {
      const { held, isGone } = await encryptionDek()
      held[end]()
      expect([held.reserve(one), held.revoked, isGone()]).toEqual([undefined, end === 'revoke', true])
    }
  })
})

describe('the DEKs of KEKs', () => {
  it.each([
    { records: 11, bytes: 1 },
    { records: 1, bytes: 1_001 },
  ])('refuse what no fresh DEK holds at once, and ask for none: %o', async (need) => {
    const deks = new EncryptionDeks(kms, limits, new TestClock(), undefined, new KekVersions())
    const kek = await kms.resolveKek('kek')
    admin.resetCalls()
    await expect(deks.reserve({ kek, encryptionContext: undefined }, need, undefined)).rejects.toThrow(
      new RangeError('"need" expected to fit a fresh DEK'),
    )
    expect(admin.calls.generateDekPair).toBe(0)
  })

  it('say nothing without a logger', async () => {
    const clock = new TestClock()
    const deks = new EncryptionDeks(kms, limits, clock, undefined, new KekVersions())
    const kek = await kms.resolveKek('kek')
    await deks.ensure({ kek, encryptionContext: undefined }, undefined)
    clock.wall += 60_000
    await deks.ensure({ kek, encryptionContext: undefined }, undefined)
    expect(deks.health()).toEqual({ deks: 1, failing: [] })
  })
})
