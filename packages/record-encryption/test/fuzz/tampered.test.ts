import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, isRecordError, type KafkaRecord, type RecordErrorCode } from '../../src/index.ts'
import { HAND_MARKER } from '../compat/by-hand.ts'
import { kmsWith, readVectors, storedRecord, type RecordsFile } from '../compat/corpus.ts'
import { COMPATIBLE, counts, openAll, type Outcome } from '../compat/open-all.ts'

// The Java proxy's records and, with a binding trailer, Keyfold's own. Short ones: each bit of each is flipped.
const LONGEST = 260
const { keks, cases } = readVectors('kroxylicious/records.json') as RecordsFile
const javas = cases
  .filter(
    ({ kind, enc }) =>
      ['size', 'random', 'text', 'headers-clear', 'headers-sealed', 'content', 'key'].includes(kind) &&
      enc.value !== null,
  )
  .map((vector) => ({ topic: vector.topic, kek: vector.kek!, record: storedRecord(vector) }))
  .filter(({ record }) => record.value!.length <= LONGEST)
  .filter((_, i) => i % 8 === 0)
  .slice(0, 48)
const kms = kmsWith(keks)
const [kek] = Object.keys(keks) as [string]
const ours = await sealedHere()
const records = [...javas, ...ours]
const bytes = records.reduce((sum, { record }) => sum + record.value!.length, 0)

interface Stored {
  readonly topic: string
  readonly record: KafkaRecord
}

async function sealedHere(): Promise<Stored[]> {
  const encryption = await createRecordEncryption({
    kms,
    topics: [{ match: '*', kek, binding: { partition: true, headers: ['h'] } }],
  })
  const headers = [{ key: 'h', value: Uint8Array.of(1) }]
  const clear = Array.from({ length: 12 }, (_, i) => ({
    key: randomBytes(i),
    value: randomBytes(3 * i),
    headers,
    partition: i,
  }))
  const sealed = await encryption.encrypt('payments.eu', clear)
  await encryption.close()
  // Not as Buffers: the slice() of those is no copy.
  return sealed.map((record) => ({
    topic: 'payments.eu',
    record: { ...record, value: Uint8Array.from(record.value!) },
  }))
}

/** The same record with other bytes. */
function withValue({ topic, record }: Stored, value: Uint8Array): Stored {
  return { topic, record: { ...record, value } }
}

function flipped(bytesOf: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytesOf.length * 8 }, (_, bit) => {
    const copy = bytesOf.slice()
    copy[bit >> 3]! ^= 1 << (bit & 7)
    return copy
  })
}

/** Most lenient towards what Java opens: whatever is refused here is refused everywhere. */
async function refusals(tampered: readonly Stored[]): Promise<Record<string, number>> {
  return verdicts(await openAll(kms, kek, { ...COMPATIBLE, binding: { read: 'verify-if-present' } }, tampered))
}

function verdicts(outcomes: readonly Outcome[]): Record<string, number> {
  return counts(
    outcomes.map((outcome) =>
      outcome.refused === undefined
        ? `OPENED as ${outcome.status}`
        : isRecordError(outcome.error)
          ? outcome.refused
          : 'FOREIGN ERROR',
    ),
  )
}

const total = (found: Record<string, number>): number => Object.values(found).reduce((sum, count) => sum + count, 0)
/** What changed bytes of a value may be refused with. */
const CODES: readonly RecordErrorCode[] = [
  'RECORD_MALFORMED',
  'RECORD_UNSUPPORTED',
  'RECORD_AUTHENTICATION',
  'RECORD_EDEK_INVALID',
  'RECORD_KEY_GONE',
]

describe(`${records.length} records that were tampered with`, () => {
  it('open as they are, all of them', async () => {
    expect(records.length).toBe(60)
    expect(
      verdicts(await openAll(kms, kek, { ...COMPATIBLE, binding: { read: 'verify-if-present' } }, records)),
    ).toEqual({
      'OPENED as decrypted': 60,
    })
  })

  it(`are refused with any of their ${bytes * 8} bits flipped`, async () => {
    const found = await refusals(
      records.flatMap((stored) => flipped(stored.record.value!).map((value) => withValue(stored, value))),
    )
    expect(total(found)).toBe(bytes * 8)
    expect(CODES).toEqual(expect.arrayContaining(Object.keys(found)))
    // Each flip of cipher and AAD, at least: those bytes have a single legal value.
    expect(found['RECORD_UNSUPPORTED']).toBeGreaterThanOrEqual(records.length * 16)
  })

  it(`are refused cut to any of ${bytes} lengths`, async () => {
    const found = await refusals(
      records.flatMap((stored) =>
        Array.from({ length: stored.record.value!.length }, (_, end) =>
          withValue(stored, stored.record.value!.slice(0, end)),
        ),
      ),
    )
    expect(total(found)).toBe(bytes)
    expect(CODES).toEqual(expect.arrayContaining(Object.keys(found)))
  })

  it(`are refused with 1 to 32 bytes more at either end, zeros, ones, random and their own: ${records.length * 32 * 8}`, async () => {
    const longer = records.flatMap((stored) =>
      Array.from({ length: 32 }, (_, i) => {
        const value = stored.record.value!
        const more = [
          Buffer.alloc(i + 1),
          Buffer.alloc(i + 1, 0xff),
          randomBytes(i + 1),
          value.subarray(value.length - i - 1),
        ]
        return more
          .flatMap((extension) => [Buffer.concat([value, extension]), Buffer.concat([extension, value])])
          .map((bytesOf) => withValue(stored, bytesOf))
      }).flat(),
    )
    const found = await refusals(longer)
    expect(total(found)).toBe(records.length * 32 * 8)
    expect(CODES).toEqual(expect.arrayContaining(Object.keys(found)))
  })

  it(`are refused with one byte taken out, or doubled, anywhere: ${bytes * 2}`, async () => {
    const shifted = records.flatMap((stored) => {
      const value = stored.record.value!
      return Array.from(value, (_, at) => [
        withValue(stored, Buffer.concat([value.subarray(0, at), value.subarray(at + 1)])),
        withValue(stored, Buffer.concat([value.subarray(0, at + 1), value.subarray(at)])),
      ]).flat()
    })
    const found = await refusals(shifted)
    expect(total(found)).toBe(bytes * 2)
    expect(CODES).toEqual(expect.arrayContaining(Object.keys(found)))
  })

  it('are refused with any other byte where one value is legal: cipher, AAD and marker', async () => {
    const others = (legal: number): number[] =>
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== legal)
    const tampered = records.flatMap((stored) => {
      const value = stored.record.value!
      const edekLength = value[1]!
      const set = (at: number, byte: number): Stored => {
        const copy = value.slice()
        copy[at] = byte
        return withValue(stored, copy)
      }
      const marked = (byte: number): Stored => {
        const headers = stored.record.headers!.map((header) =>
          header.key === HAND_MARKER.key ? { ...header, value: Uint8Array.of(byte) } : header,
        )
        return { topic: stored.topic, record: { ...stored.record, headers } }
      }
      expect([edekLength, value[0], value[2 + edekLength]]).toEqual([78, 0, 0])
      return [
        ...others(0).map((byte) => set(0, byte)),
        ...others(0).map((byte) => set(2 + edekLength, byte)),
        ...others(2).map(marked),
      ]
    })
    expect(await refusals(tampered)).toEqual({ RECORD_UNSUPPORTED: records.length * 3 * 255 })
  })

  it('are refused as plaintext with any bit of the marker’s name flipped, under the default policies', async () => {
    const encryption = await createRecordEncryption({ kms, topics: [{ match: '*', kek, trustedKeks: 'boundary' }] })
    const names = flipped(Buffer.from(HAND_MARKER.key)).map((name) => Buffer.from(name).toString('latin1'))
    for (const { topic, record } of records) {
      for (const key of names) {
        const headers = record.headers!.map((header) =>
          header.key === HAND_MARKER.key ? { key, value: header.value } : header,
        )
        await expect(encryption.decrypt(topic, [{ ...record, headers }])).rejects.toSatisfy((error) =>
          isRecordError(error, 'RECORD_PLAINTEXT'),
        )
      }
    }
    await encryption.close()
    expect(names).toHaveLength(208)
  })

  it('never open as another one: nothing of a neighbour under the same DEK is taken over', async () => {
    const { kms: own } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'k' }] })
    const encryption = await createRecordEncryption({
      kms: own,
      topics: [{ match: '*', kek: 'k' }],
      onDecryptError: 'skip',
    })
    const sealed = await encryption.encrypt(
      't',
      Array.from({ length: 20 }, (_, i) => ({ value: Buffer.alloc(100, i) })),
    )
    const bad = sealed.map((record, i) => {
      if (i % 2 === 0) return record
      const value = record.value!.slice()
      value[value.length - 1]! ^= 1
      return { ...record, value }
    })
    const opened = await encryption.decrypt('t', bad)
    await encryption.close()
    expect(opened.map(({ value }) => value![0])).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
  })
})
