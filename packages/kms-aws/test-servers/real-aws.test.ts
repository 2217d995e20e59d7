import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import provider from '../src/kms-provider.ts'

const key = process.env['KEYFOLD_AWS_KEY']
const title = key === undefined ? 'AWS itself: skipped, because KEYFOLD_AWS_KEY is not set' : 'AWS itself'

/** With the region and the credentials of the environment, on a key that the principal may generate with and decrypt. */
describe.skipIf(key === undefined)(title, () => {
  const selector = key ?? ''
  let kms: Kms

  beforeAll(async () => {
    kms = await provider.create(
      { account: process.env['KEYFOLD_AWS_ACCOUNT'], timeouts: { requestMs: 15_000 } },
      { baseDirectory: '.' },
    )
  })
  afterAll(() => kms.close())

  it('makes and opens DEKs, with and without an encryption context', async () => {
    const kek = await kms.resolveKek(selector)
    for (const encryptionContext of [undefined, { topic: 'payments' }]) {
      const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext })
      dek.destroy()
      expect(kms.kekOf(edek).id).toBe(kek.id)
      ;(await kms.decryptEdek(kek, edek, { encryptionContext })).destroy()
    }
  })

  it('refuses what was tampered with, or comes with another context', async () => {
    const kek = await kms.resolveKek(selector)
    const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext: { topic: 'payments' } })
    dek.destroy()
    await expect(kms.decryptEdek(kek, edek, { encryptionContext: { topic: 'other' } })).rejects.toMatchObject({
      code: 'KMS_INVALID_EDEK',
    })
    const changed = edek.slice()
    changed[changed.length - 1] = changed[changed.length - 1]! ^ 1
    await expect(kms.decryptEdek(kek, changed, { encryptionContext: { topic: 'payments' } })).rejects.toMatchObject({
      code: expect.stringMatching(/^KMS_(INVALID_EDEK|ACCESS_DENIED)$/) as string,
    })
  })
})
