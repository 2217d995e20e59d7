import { describe, expect, it } from 'vitest'

import type { EncryptionContext } from '@keyfold/kms-api'
import { cachingKms } from '@keyfold/kms-api/resilience'

import { isSameKey, twoKeks } from './dek-pairs.ts'

const right: EncryptionContext = { topic: 'payments' }
const wrongs: (EncryptionContext | undefined)[] = [
  { topic: 'salaries' },
  { topic: 'payments', more: '' },
  undefined,
  {},
]

describe('the in-memory KMS behind a cache', () => {
  it('gives 64 concurrent callers 64 DEKs', async () => {
    const { kms: inner, admin } = twoKeks()
    const kms = cachingKms(inner)
    const kek = await kms.resolveKek('payments')
    const pairs = await Promise.all(Array.from({ length: 64 }, () => kms.generateDekPair(kek)))
    for (const { dek } of pairs) dek.claim('records')
    expect(admin.calls.generateDekPair).toBe(64)
    for (const [i, { dek }] of pairs.entries()) {
      const same = await Promise.all(pairs.map(async ({ edek }) => isSameKey(dek, await kms.decryptEdek(kek, edek))))
      expect([same.indexOf(true), same.lastIndexOf(true)]).toEqual([i, i])
    }
    expect(admin.calls.decryptEdek).toBe(64)
  })

  it('never unwraps for a wrong context, whatever was asked before or at the same time', async () => {
    for (const wrong of wrongs) {
      for (const turns of [
        [right, wrong],
        [wrong, right],
        [right, wrong, right, wrong],
        [wrong, wrong, right, right],
      ]) {
        for (const concurrent of [false, true]) {
          const { kms: inner } = twoKeks()
          const kms = cachingKms(inner)
          const kek = await kms.resolveKek('payments')
          const { edek } = await kms.generateDekPair(kek, { encryptionContext: right })
          const ask = async (encryptionContext: EncryptionContext | undefined): Promise<string> => {
            const answer = kms.decryptEdek(kek, edek, { encryptionContext })
            return answer.then(
              () => 'unwrapped',
              (error: unknown) => (error as { code: string }).code,
            )
          }
          const answers = []
          if (concurrent) answers.push(...(await Promise.all(turns.map(ask))))
          else for (const turn of turns) answers.push(await ask(turn))
          expect(answers).toEqual(turns.map((turn) => (turn === right ? 'unwrapped' : 'KMS_INVALID_EDEK')))
        }
      }
    }
  })

  it('stops giving a cached DEK as soon as the KMS says that its KEK is disabled', async () => {
    const { kms: inner, admin } = twoKeks()
    const kms = cachingKms(inner)
    const kek = await kms.resolveKek('payments')
    const [cached, fresh] = [await kms.generateDekPair(kek), await kms.generateDekPair(kek)]
    await kms.decryptEdek(kek, cached.edek)
    admin.disableKek(kek)
    await expect(kms.decryptEdek(kek, cached.edek)).resolves.toBeDefined()
    await expect(kms.decryptEdek(kek, fresh.edek)).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE' })
    await expect(kms.decryptEdek(kek, cached.edek)).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE' })
    admin.enableKek(kek)
    await expect(kms.decryptEdek(kek, cached.edek)).resolves.toBeDefined()
  })

  it('passes on how it is, and closes with its cache', async () => {
    const { kms: inner } = twoKeks()
    const kms = cachingKms(inner)
    expect(await kms.health?.()).toEqual({ status: 'ok' })
    await kms.close()
    await expect(inner.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_CLOSED' })
  })
})
