import { Buffer } from 'node:buffer'

import { beforeEach, describe, expect, it } from 'vitest'

import { AccessDeniedError, KmsUnavailableError, ThrottledError } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  type EncryptedRecord,
  type KafkaRecord,
  type RecordEncryption,
} from '../../src/index.ts'

const COUNT = 1_000
const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'own' }, { alias: 'neighbour' }] })
const values = Array.from({ length: COUNT }, (_, i) => `value ${i}`)

async function fresh(options: Partial<Parameters<typeof createRecordEncryption>[0]> = {}): Promise<RecordEncryption> {
  return createRecordEncryption({
    kms,
    topics: [
      { match: 'orders', kek: 'neighbour' },
      { match: '*', kek: 'own' },
    ],
    onDecryptError: 'skip',
    ...options,
  })
}

let sealed: EncryptedRecord<KafkaRecord>[]
beforeEach(async () => {
  admin.faults = undefined
  sealed = await (
    await fresh()
  ).encrypt(
    'payments',
    values.map((value) => ({ key: null, value: Buffer.from(value) })),
  )
  admin.resetCalls()
})

describe('an attacker who cannot be trusted to write well-formed records', () => {
  it('stops no other record: those around his are delivered in order', async () => {
    const hostile: KafkaRecord[] = [
      { value: Buffer.from('plaintext') },
      { ...sealed[0]!, value: Buffer.alloc(3) },
      { ...sealed[0]!, key: Buffer.from('moved') },
      ...(await (await fresh()).encrypt('orders', [{ value: Buffer.from('of another KEK') }])),
    ]
    const opened = await (
      await fresh()
    ).decrypt(
      'payments',
      sealed.flatMap((record, i) => (i % 100 === 0 ? [...hostile, record] : [record])),
    )
    expect(opened.map(({ value }) => String(value))).toEqual(values)
  })

  it('causes no request for a KEK that is not trusted, whatever EDEK he brings', async () => {
    const foreign = await (await fresh()).encrypt('orders', [{ value: Buffer.from('of another KEK') }])
    admin.resetCalls()
    expect(await (await fresh()).decrypt('payments', foreign)).toEqual([])
    expect(admin.calls).toMatchObject({ resolveKek: 1, decryptEdek: 0 })
  })

  it('causes one request for an EDEK that names a trusted KEK and is forged, however often it is read', async () => {
    const value = Buffer.from(sealed[0]!.value!)
    value[60]! ^= 1
    const reader = await fresh()
    for (let call = 1; call <= 3; call++) {
      expect(await reader.decrypt('payments', [{ ...sealed[0]!, value }])).toEqual([])
      expect(admin.calls.decryptEdek).toBe(1)
    }
  })
})

describe('a KMS that does not give a DEK', () => {
  const details = { provider: 'inmemory', operation: 'decryptEdek' } as const

  it.each([new KmsUnavailableError(details), new ThrottledError(details), new AccessDeniedError(details)])(
    'rejects the whole call with $code, and skips none of 1,000 records',
    async (error) => {
      admin.faults = ({ operation }) => {
        if (operation === 'decryptEdek') throw error
      }
      await expect((await fresh()).decrypt('payments', sealed)).rejects.toBe(error)
      admin.faults = undefined
      expect(await (await fresh()).decrypt('payments', sealed)).toHaveLength(COUNT)
    },
  )

  it('sends nothing in clear', async () => {
    admin.faults = ({ operation }) => {
      throw new KmsUnavailableError({ provider: 'inmemory', operation })
    }
    await expect((await fresh()).encrypt('payments', [{ value: Buffer.from('secret') }])).rejects.toMatchObject({
      code: 'KMS_UNAVAILABLE',
    })
    admin.faults = undefined
    await expect(
      (await fresh({ topics: [{ match: 'orders', kek: 'own' }] })).encrypt('payments', [
        { value: Buffer.from('secret') },
      ]),
    ).rejects.toMatchObject({ code: 'RECORD_NO_RULE' })
    await expect(
      (await fresh({ topics: [{ match: '*', kek: 'nobody' }] })).encrypt('payments', [
        { value: Buffer.from('secret') },
      ]),
    ).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
  })
})
