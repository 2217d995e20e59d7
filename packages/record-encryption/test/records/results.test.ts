import { Buffer } from 'node:buffer'
import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import { cachingKms } from '@keyfold/kms-api/resilience'

import { bytes, codeOf, header, records, setUp, textOf } from './support.ts'

const NO_CALLS = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }

describe('results', () => {
  it('are shallow copies in order, and inputs are not changed', async () => {
    const { encryption } = await setUp()
    const nested = { deep: 1 }
    const inputs = records(600).map((record, i) =>
      Object.freeze({
        ...record,
        headers: Object.freeze([header('h', String(i))]),
        timestamp: i,
        nested,
        [Symbol.for('mine')]: i,
      }),
    )
    const copies = structuredClone(inputs.map(({ value, key }) => ({ value, key })))
    const sealed = await encryption.encrypt('t', inputs)
    const opened = await encryption.decrypt('t', sealed)
    for (const [i, input] of inputs.entries()) {
      expect(sealed[i]).toMatchObject({ timestamp: i, [Symbol.for('mine')]: i })
      expect(sealed[i]!.key).toBe(input.key)
      expect(opened[i]!.nested).toBe(nested)
      expect(textOf(opened[i]!.value)).toBe(`value ${i}`)
      expect(opened[i]!.headers.map(({ value }) => textOf(value))).toEqual([String(i)])
      expect(opened[i]!.keyfold).toEqual({ status: 'decrypted', bound: ['topic', 'key'] })
      expect(Object.isFrozen(opened[i]!.keyfold) && Object.isFrozen(opened[i]!.keyfold.bound)).toBe(true)
    }
    expect(inputs.map(({ value, key }) => ({ value, key }))).toEqual(copies)
    expect(await encryption.encrypt('t', opened)).toHaveLength(600)
    expect((await encryption.encrypt('t', opened))[0]).not.toHaveProperty('keyfold')
  })

  it('do not change when the inputs do', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const value = new Uint8Array(sealed!.value!)
    const [opened] = await encryption.decrypt('t', [{ ...sealed!, value }])
    value.fill(0)
    expect(textOf(opened!.value)).toBe('value 0')
  })

  it('of no records are none, without a request', async () => {
    const { encryption, admin } = await setUp()
    expect(await encryption.encrypt('t', [])).toEqual([])
    expect(await encryption.decrypt('t', [])).toEqual([])
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each([0, 1, 15, 16, 17, 63, 64, 65, 8_191, 8_192, 65_507, 65_536, 100_000, 2 ** 20 + 7])(
    'round-trip a value of %d bytes',
    async (size) => {
      const { encryption } = await setUp()
      const value = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 256)
      const batch = [{ value: bytes('before') }, { value }, { value: bytes('after') }]
      const opened = await encryption.decrypt('t', await encryption.encrypt('t', batch))
      expect(opened.map((record) => Buffer.from(record.value!).equals(batch[opened.indexOf(record)]!.value))).toEqual([
        true,
        true,
        true,
      ])
    },
  )

  it('share memory in pieces: one that is kept pins no batch', async () => {
    const { encryption } = await setUp()
    const sealed = await encryption.encrypt(
      't',
      Array.from({ length: 2_000 }, () => ({ value: new Uint8Array(500) })),
    )
    const opened = await encryption.decrypt('t', sealed)
    for (const record of [...sealed, ...opened]) expect(record.value!.buffer.byteLength).toBeLessThanOrEqual(65_536)
  })

  it('take byte arrays of another realm', async () => {
    const { encryption } = await setUp()
    const value = runInNewContext('Uint8Array.of(104, 105)') as Uint8Array
    expect(value instanceof Uint8Array).toBe(false)
    const [opened] = await encryption.decrypt('t', await encryption.encrypt('t', [{ key: value, value }]))
    expect(textOf(opened!.value)).toBe('hi')
  })
})

describe('a KMS that is decorated already', () => {
  it('is used as it is, and resilience: none uses the bare one', async () => {
    const { kms, admin } = await setUp()
    const { encryption: bare } = await setUp({ kms, resilience: 'none' })
    const sealed = await bare.encrypt('t', records(1))
    await bare.decrypt('t', sealed)
    await bare.decrypt('t', sealed)
    expect(admin.calls).toMatchObject({ resolveKek: 3, generateDekPair: 1, decryptEdek: 2 })
    const cached = cachingKms(kms)
    const decorated = { kms: cached, resilience: undefined }
    const [one, two] = [(await setUp(decorated)).encryption, (await setUp(decorated)).encryption]
    await expect(setUp({ kms: cached, resilience: {} })).rejects.toThrow(TypeError)
    admin.resetCalls()
    await one.decrypt('t', sealed)
    await two.decrypt('t', sealed)
    expect(admin.calls).toMatchObject({ resolveKek: 1, decryptEdek: 1 })
    await one.close()
    expect(await two.decrypt('t', sealed)).toHaveLength(1)
  })
})

describe('an EDEK that no record can hold', () => {
  it.each([0, 32_768])('of %d bytes rejects, and nothing leaves', async (length) => {
    const { kms } = await setUp()
    const odd = Object.assign(Object.create(kms) as typeof kms, {
      resolveKek: kms.resolveKek.bind(kms),
      generateDekPair: async (...args: Parameters<typeof kms.generateDekPair>) => ({
        ...(await kms.generateDekPair(...args)),
        edek: new Uint8Array(length),
      }),
    })
    const { encryption } = await setUp({ kms: odd })
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow(
      `"edek" expected 1 to 32767 bytes, got length=${length}`,
    )
  })
})

describe('a KMS whose kekOf fails', () => {
  it('rejects the call unless it says that the EDEK is invalid', async () => {
    const { kms, encryption: writer } = await setUp()
    const sealed = await writer.encrypt('t', records(1))
    const { encryption } = await setUp({ kms, trustedKeks: 'boundary', onDecryptError: 'skip' })
    await kms.close()
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_CLOSED')
  })
})
