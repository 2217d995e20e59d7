import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { createRecordEncryption } from '../../src/index.ts'
import { bytes, codeOf, records, setUp, textOf, verdictOf } from './support.ts'

describe('the plaintext of a refused record', () => {
  it('is not in the memory that the values of its neighbours share', async () => {
    const { encryption } = await setUp({ onDecryptError: 'skip' })
    const [mine] = await encryption.encrypt('t', [{ value: bytes('mine') }])
    const [other] = await encryption.encrypt('salaries', [{ value: bytes('SECRET OF ANOTHER TOPIC') }])
    const [opened] = await encryption.decrypt('t', [mine!, other!])
    expect(textOf(opened!.value)).toBe('mine')
    expect(Buffer.from(opened!.value!.buffer as ArrayBuffer).includes('SECRET')).toBe(false)
  })
})

describe('a null value inside of an encrypted record', () => {
  it('is a tombstone to a rule that rejects them', async () => {
    const { encryption, kms } = await setUp()
    // ZV of -1, headers absent: what the writer never makes, by hand under the DEK of a genuine record.
    const { dek, edek } = await kms.generateDekPair(await kms.resolveKek('kek'))
    dek.claim('records')
    const value = new Uint8Array(2 + edek.length + 1 + 12 + 2 + 16)
    value.set([0, edek.length])
    value.set(edek, 2)
    const iv = 3 + edek.length
    value.set([1, 3], iv + 12)
    dek.sealRegions(value, Uint32Array.of(iv, iv + 12, 2, iv + 14), 1)
    dek.destroy()
    const record = { value, headers: [{ key: 'kroxylicious.io/encryption', value: Uint8Array.of(2) }] }
    expect((await encryption.decrypt('t', [record]))[0]).toMatchObject({
      value: null,
      keyfold: { status: 'decrypted' },
    })
    const { encryption: strict } = await setUp({ kms, tombstones: 'reject' })
    expect(await verdictOf(strict, 't', record)).toBe('RECORD_TOMBSTONE')
  })
})

describe('options', () => {
  it('are read once: what is changed later changes nothing', async () => {
    const { kms } = await setUp({}, ['kek', 'other'])
    const { id } = await kms.resolveKek('other')
    const previous = { id: 'none' }
    const names = ['elsewhere']
    const bound = ['h']
    const topics = [
      { match: 'other', kek: 'other' },
      { match: '*', kek: 'kek', previousKeks: [previous], binding: { headers: bound } },
    ]
    const encryption = await createRecordEncryption({ kms, topics, topicMapping: { t: names } })
    const [foreign] = await encryption.encrypt('other', records(1))
    previous.id = id
    names.push('other')
    bound.push('late')
    expect(await verdictOf(encryption, 't', foreign!)).toBe('RECORD_KEK_UNTRUSTED')
    const [sealed] = await encryption.encrypt('t', [
      { value: bytes('v'), headers: [{ key: 'late', value: bytes('1') }] },
    ])
    expect(
      await verdictOf(encryption, 't', {
        ...sealed!,
        headers: [sealed!.headers[0]!, { key: 'late', value: bytes('2') }],
      }),
    ).toBe('decrypted')
  })

  it('are what is written down, not what a polluted prototype adds', async () => {
    const polluted = Object.prototype as { onPlaintext?: unknown }
    polluted.onPlaintext = 'allow'
    try {
      const { kms } = await setUp()
      const encryption = await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek' }] }).catch(
        () => undefined,
      )
      if (encryption !== undefined) expect(await codeOf(encryption.decrypt('t', records(1)))).toBe('RECORD_PLAINTEXT')
    } finally {
      delete polluted.onPlaintext
    }
  })
})
