import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { KafkaRecord } from '../../src/index.ts'
import { bytes, codeOf, header, marker, setUp } from './support.ts'

const MIB = 2 ** 20
const EMPTY = { key: '', value: null }
const headers = (count: number) => Array.from({ length: count }, () => EMPTY)

describe('a record of 16 MiB', () => {
  // In whole blocks of 16: the lengths of value and headers, 2 or 5, and the trailer of topic "t", 8 and a key of at most 64 bytes, or 40.
  const filled = (length: number): Uint8Array => new Uint8Array(length)

  it.each<[string, () => KafkaRecord]>([
    ['its value', () => ({ key: bytes('key!'), value: filled(16 * MIB - 16 - 17) })],
    ['its key', () => ({ key: filled(16 * MIB - 48), value: bytes('v') })],
    [
      'its headers',
      () => ({ key: bytes('key!'), value: bytes('v'), headers: [{ key: 'é', value: filled(16 * MIB - 16 - 4 - 2) }] }),
    ],
  ])('may be that big, and not a bit bigger, for %s', async (what, make) => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [make()])
    expect(await encryption.decrypt('t', [sealed!])).toHaveLength(1)
    const record = make()
    const bigger =
      what === 'its value'
        ? { ...record, value: filled(record.value!.length + 1) }
        : what === 'its key'
          ? { ...record, key: filled(record.key!.length + 1) }
          : { ...record, key: bytes('key!!') }
    expect(await codeOf(encryption.encrypt('t', [bigger]))).toBe('RECORD_TOO_LARGE')
  })

  it('is not decrypted with a key or headers that make it bigger, nor is the KMS called for it', async () => {
    const { encryption, kms } = await setUp()
    const [sealed] = await encryption.encrypt('t', [{ key: bytes('k'), value: filled(15 * MIB) }])
    const { encryption: reader, admin } = await setUp({ kms })
    admin.resetCalls()
    for (const bigger of [
      { ...sealed!, key: filled(MIB + 1) },
      { ...sealed!, headers: [...sealed!.headers, { key: 'h', value: filled(MIB) }] },
      { ...sealed!, headers: [{ key: 'h'.repeat(MIB), value: null }, ...sealed!.headers] },
    ]) {
      expect(await codeOf(reader.decrypt('t', [bigger]))).toBe('RECORD_TOO_LARGE')
    }
    expect(admin.calls.decryptEdek).toBe(0)
  })

  it('is refused when it is read with more than may be written', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [{ value: bytes('v') }])
    const head = sealed!.value!.subarray(0, sealed!.value!.length - 40)
    const value = Buffer.concat([head, filled(16 * MIB + 100)])
    expect(await codeOf(encryption.decrypt('t', [{ ...sealed!, value }]))).toBe('RECORD_TOO_LARGE')
  })

  it('counts on a clear topic for nothing: what is not encrypted passes', async () => {
    const { encryption } = await setUp({ topics: [{ match: '*', plaintext: 'allow' }] })
    expect(await encryption.encrypt('t', [{ value: filled(17 * MIB) }])).toHaveLength(1)
  })
})

describe('16,384 headers of a record', () => {
  it.each([false, true])('are the most, both ways (encryptHeaders: %s)', async (encryptHeaders) => {
    const { encryption } = await setUp({ encryptHeaders })
    const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers: headers(16_384) }])
    const [opened] = await encryption.decrypt('t', [sealed!])
    expect(opened!.headers).toHaveLength(16_384)
    expect(await codeOf(encryption.encrypt('t', [{ value: bytes('v'), headers: headers(16_385) }]))).toBe(
      'RECORD_TOO_LARGE',
    )
    const flooded = { ...sealed!, headers: [...sealed!.headers, ...headers(16_385)] }
    expect(await codeOf(encryption.decrypt('t', [flooded]))).toBe('RECORD_TOO_LARGE')
  })

  it('are the most of a record in clear, a tombstone, and one that carries the marker only', async () => {
    const { encryption } = await setUp({ onPlaintext: 'allow', tombstones: 'pass' })
    for (const value of [bytes('v'), null]) {
      expect(await encryption.decrypt('t', [{ value, headers: headers(16_384) }])).toHaveLength(1)
      expect(await codeOf(encryption.decrypt('t', [{ value, headers: headers(16_385) }]))).toBe('RECORD_TOO_LARGE')
      expect(await codeOf(encryption.encrypt('t', [{ value, headers: headers(16_385) }]))).toBe('RECORD_TOO_LARGE')
    }
    const markers = Array.from({ length: 20_000 }, () => marker())
    expect(await codeOf(encryption.decrypt('t', [{ value: bytes('v'), headers: markers }]))).toBe('RECORD_TOO_LARGE')
  })

  it('are handed on by raw as they came when there are more', async () => {
    const { encryption } = await setUp({ onDecryptError: 'raw' })
    const many = [marker(), ...headers(20_000)]
    const [left] = await encryption.decrypt('t', [{ value: bytes('v'), headers: many }])
    expect([left!.keyfold.status, left!.headers.length]).toEqual(['undecrypted', 20_001])
  })

  it('are checked before any of them is read', async () => {
    const { encryption } = await setUp()
    const many = new Proxy(headers(20_000), {
      get: (target, name, receiver) => {
        if (name !== 'length') throw new Error(`read ${String(name)}`)
        return Reflect.get(target, name, receiver) as unknown
      },
    })
    expect(await codeOf(encryption.encrypt('t', [{ value: bytes('v'), headers: many }]))).toBe('RECORD_TOO_LARGE')
  })

  it('leave room for two markers where records may be nested', async () => {
    const { encryption } = await setUp({ nested: 'allow' })
    const [once] = await encryption.encrypt('t', [{ value: bytes('v'), headers: headers(16_383) }])
    const [twice] = await encryption.encrypt('t', [once!])
    const [opened] = await encryption.decrypt('t', await encryption.decrypt('t', [twice!]))
    expect(opened!.headers).toHaveLength(16_383)
  })

  it('of which the names are long cost what they weigh', async () => {
    const { encryption } = await setUp({ encryptHeaders: true })
    const wide = Array.from({ length: 16 }, (_, i) => header('é'.repeat(MIB / 2 - 2), String(i)))
    expect(await codeOf(encryption.encrypt('t', [{ value: bytes('v'), headers: wide }]))).toBe('RECORD_TOO_LARGE')
    expect(await encryption.encrypt('t', [{ value: bytes('v'), headers: wide.slice(1) }])).toHaveLength(1)
  })
})
