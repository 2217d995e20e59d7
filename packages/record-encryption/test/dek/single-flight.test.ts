import { describe, expect, it } from 'vitest'

import type { EncryptionContext } from '@keyfold/kms-api'
import { cachingKms } from '@keyfold/kms-api/resilience'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { edekOf, records, setUp } from '../records/support.ts'

describe('1,000 concurrent first encrypts', () => {
  it('resolve one KEK and generate one DEK pair', async () => {
    const { encryption, admin } = await setUp()
    const sealed = await Promise.all(Array.from({ length: 1_000 }, (_, i) => encryption.encrypt('t', records(1, i))))
    expect(admin.calls).toEqual({ resolveKek: 1, generateDekPair: 1, decryptEdek: 0, health: 0 })
    expect(new Set(sealed.map(([record]) => edekOf(record!))).size).toBe(1)
    await encryption.decrypt('t', sealed.flat())
    expect(admin.calls.decryptEdek).toBe(1)
  })

  it('of 10 KEKs resolve 10 and generate 10', async () => {
    const aliases = Array.from({ length: 10 }, (_, i) => `kek-t${i}`)
    const { encryption, admin } = await setUp({ topics: [{ match: '*', kek: 'kek-$(topicName)' }] }, aliases)
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => encryption.encrypt(`t${i % 10}`, records(1))))
    expect(admin.calls).toEqual({ resolveKek: 10, generateDekPair: 10, decryptEdek: 0, health: 0 })
  })
})

describe('64 concurrent generateDekPair through cachingKms', () => {
  it('give 64 distinct DEKs', async () => {
    const { kms: inner, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const kms = cachingKms(inner)
    const kek = await kms.resolveKek('kek')
    const pairs = await Promise.all(Array.from({ length: 64 }, () => kms.generateDekPair(kek)))
    expect(admin.calls.generateDekPair).toBe(64)
    expect(new Set(pairs.map(({ edek }) => edek.join())).size).toBe(64)
    // The same text under the same IV is another ciphertext under each key.
    const ciphertexts = pairs.map(({ dek }) => {
      dek.claim('envelopes')
      const derived = dek.deriveDek(new Uint8Array(16), new Uint8Array())
      derived.claim('envelopes')
      const slab = new Uint8Array(44)
      derived.sealRegions(slab, Uint32Array.of(0, 12, 16, 28), 1)
      return slab.subarray(12).join()
    })
    expect(new Set(ciphertexts).size).toBe(64)
  })
})

describe('the encryption context of an EDEK, through cachingKms', () => {
  const right = { tenant: 'a', table: 'orders' }
  const wrong: readonly (EncryptionContext | undefined)[] = [
    undefined,
    { tenant: 'b', table: 'orders' },
    { tenant: 'a' },
    { ...right, more: '' },
    { tenant: 'orders', table: 'a' },
  ]
  const orders: readonly (readonly ('right' | 'wrong')[])[] = [
    ['right', 'wrong', 'right', 'wrong'],
    ['wrong', 'right', 'wrong', 'right'],
    ['wrong', 'wrong', 'right', 'right'],
    ['right', 'right', 'wrong', 'wrong'],
  ]

  for (const context of wrong) {
    it.each(orders)(
      `decides alone, whatever was asked before: ${context === undefined ? 'none' : JSON.stringify(context)} in the order %s %s %s %s`,
      async (...order) => {
        const kms = cachingKms(createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] }).kms)
        const kek = await kms.resolveKek('kek')
        const { edek } = await kms.generateDekPair(kek, { encryptionContext: right })
        for (const which of order) {
          const asked = kms.decryptEdek(kek, edek, { encryptionContext: which === 'right' ? right : context })
          if (which === 'right') (await asked).destroy()
          else await expect(asked).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })
        }
      },
    )
  }

  it('decides alone when right and wrong are asked at once', async () => {
    const kms = cachingKms(createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] }).kms)
    const kek = await kms.resolveKek('kek')
    const { edek } = await kms.generateDekPair(kek, { encryptionContext: right })
    const asked = [right, ...wrong, right, ...wrong].map((encryptionContext) =>
      kms.decryptEdek(kek, edek, { encryptionContext }),
    )
    const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status)
    expect(outcomes).toEqual(
      [...Array(2).keys()].flatMap(() => ['fulfilled', ...Array<string>(wrong.length).fill('rejected')]),
    )
  })

  it('refuses a context for an EDEK without one', async () => {
    const kms = cachingKms(createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] }).kms)
    const kek = await kms.resolveKek('kek')
    const { edek } = await kms.generateDekPair(kek)
    await kms.decryptEdek(kek, edek, { encryptionContext: {} })
    await expect(kms.decryptEdek(kek, edek, { encryptionContext: right })).rejects.toMatchObject({
      code: 'KMS_INVALID_EDEK',
    })
  })
})
