import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { inspectRecord, type KafkaRecord } from '../../src/index.ts'
import { bytes, edekOf, records, runsOf, setUp } from '../records/support.ts'

/** What the records show of each DEK. */
interface Use {
  records: number
  /** In whole blocks of the cipher, as the limits count. */
  bytes: number
  readonly ivs: Set<string>
}

function usesOf(sealed: readonly KafkaRecord[]): Map<string, Use> {
  const uses = new Map<string, Use>()
  for (const record of sealed) {
    const { iv, ciphertextLength } = inspectRecord(record)!
    const edek = edekOf(record)
    const use = uses.get(edek) ?? { records: 0, bytes: 0, ivs: new Set() }
    uses.set(edek, use)
    use.records++
    use.bytes += Math.ceil(ciphertextLength / 16) * 16
    use.ivs.add(Buffer.from(iv).toString('hex'))
  }
  return uses
}

/** Numbers that look random and are the same in each run. */
function numbers(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % most
  }
}

describe('64 concurrent batches', () => {
  it.each([
    { name: 'records', limits: { records: 50 } },
    { name: 'bytes', limits: { bytes: 6_000 } },
    { name: 'records and bytes', limits: { records: 37, bytes: 4_096 } },
  ])('never put more under a DEK than its cap of $name, and never repeat an IV', async ({ limits }) => {
    const { encryption, admin } = await setUp(
      {
        limits,
        topics: [
          { match: 'a*', kek: 'a' },
          { match: '*', kek: 'b' },
        ],
      },
      ['a', 'b'],
    )
    const next = numbers(42)
    const batches = Array.from({ length: 64 }, (_, batch) => ({
      topic: `${batch % 2 === 0 ? 'a' : 'b'}${batch % 5}`,
      records: Array.from({ length: 1 + next(150) }, (_record, i) => ({
        key: bytes(`${batch}/${i}`),
        value: new Uint8Array(next(300)).fill(batch),
      })),
    }))
    const sealed = await Promise.all(batches.map((batch) => encryption.encrypt(batch.topic, batch.records)))

    const uses = usesOf(sealed.flat())
    for (const use of uses.values()) {
      expect(use.records).toBeLessThanOrEqual(limits.records ?? Infinity)
      expect(use.bytes).toBeLessThanOrEqual(limits.bytes ?? Infinity)
      expect(use.ivs.size).toBe(use.records)
    }
    // The caps did bite, and no DEK was asked for in vain but a few that a smaller batch overtook.
    expect(uses.size).toBeGreaterThan(20)
    expect(admin.calls.generateDekPair).toBeLessThanOrEqual(uses.size + 64)
    for (const [i, { topic, records: originals }] of batches.entries()) {
      const opened = await encryption.decrypt(topic, sealed[i]!)
      expect(opened.map(({ key, value }) => ({ key, value: new Uint8Array(value!) }))).toEqual(originals)
    }
  })

  it('fill a DEK to its caps exactly', async () => {
    const { encryption, admin } = await setUp({ limits: { records: 10 } })
    const sealed = (
      await Promise.all(Array.from({ length: 64 }, (_, i) => encryption.encrypt('t', records(5, 5 * i))))
    ).flat()
    expect([...usesOf(sealed).values()].map((use) => use.records)).toEqual(Array(32).fill(10))
    expect(admin.calls.generateDekPair).toBe(32)
  })
})

describe('a batch and what is left of a DEK', () => {
  it('is cut in order at the cap of records when no fresh DEK holds it', async () => {
    const { encryption } = await setUp({ limits: { records: 10 } })
    const originals = records(25)
    const sealed = await encryption.encrypt('t', originals)
    expect(runsOf(sealed)).toEqual([10, 10, 5])
    const opened = await encryption.decrypt('t', sealed)
    expect(opened.map(({ key }) => key)).toEqual(originals.map(({ key }) => key))
  })

  it('is cut in order at the cap of bytes when no fresh DEK holds it', async () => {
    // 6 blocks of 16 bytes a record: 10 of them are 960 bytes, 11 would be too many.
    const { encryption } = await setUp({ limits: { bytes: 1_023 } })
    const sealed = await encryption.encrypt(
      't',
      Array.from({ length: 20 }, () => ({ value: new Uint8Array(80) })),
    )
    expect(sealed.map((record) => Math.ceil(inspectRecord(record)!.ciphertextLength / 16))).toEqual(Array(20).fill(6))
    expect(runsOf(sealed)).toEqual([10, 10])
  })

  it('takes it when all of it fits', async () => {
    const { encryption } = await setUp({ limits: { records: 10 } })
    const [first, second] = [await encryption.encrypt('t', records(4)), await encryption.encrypt('t', records(6))]
    expect(runsOf([...first, ...second])).toEqual([10])
  })

  it('leaves it when not all of it fits, and has one new DEK', async () => {
    const { encryption, admin } = await setUp({ limits: { records: 10 } })
    const [first, second] = [await encryption.encrypt('t', records(4)), await encryption.encrypt('t', records(7))]
    expect(runsOf([...first, ...second])).toEqual([4, 7])
    expect(admin.calls.generateDekPair).toBe(2)
    const third = await encryption.encrypt('t', records(3))
    expect(edekOf(third[0]!)).toBe(edekOf(second[0]!))
  })

  it('does not count tombstones, which no DEK sees', async () => {
    const { encryption } = await setUp({ limits: { records: 2 } })
    const sealed = await encryption.encrypt('t', [
      { value: null },
      { value: bytes('1') },
      { value: null },
      { value: bytes('2') },
      { value: null },
      { value: null },
    ])
    expect(sealed.map(({ value }) => value === null)).toEqual([true, false, true, false, true, true])
    expect(edekOf(sealed[1]!)).toBe(edekOf(sealed[3]!))
  })

  it('seals what is left of a batch with as many DEKs as one record each needs', async () => {
    const { encryption, admin } = await setUp({ limits: { records: 1 } })
    expect(runsOf(await encryption.encrypt('t', records(30)))).toEqual(Array(30).fill(1))
    expect(admin.calls.generateDekPair).toBe(30)
  })
})

describe('a record that no DEK may hold', () => {
  it.each([
    ['that is larger than the cap of a fresh DEK', { bytes: 1_024 }, 1_100],
    ['of more than 16 MiB', {}, 16 * 2 ** 20],
  ])('%s is refused before any request', async (_, limits, size) => {
    const { encryption, admin } = await setUp({ limits })
    const batch = [{ value: bytes('small') }, { value: new Uint8Array(size), partition: 3 }]
    await expect(encryption.encrypt('t', batch)).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      topic: 't',
      index: 1,
      partition: 3,
    })
    expect(admin.calls).toEqual({ resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 })
  })

  it('is not one that fills the cap to the last block', async () => {
    const { encryption } = await setUp({ limits: { bytes: 112 }, binding: { write: false } })
    await encryption.encrypt('t', [{ value: new Uint8Array(112 - 3) }])
    expect((await encryption.encrypt('t', [{ value: new Uint8Array(112 - 3) }])).length).toBe(1)
    await expect(encryption.encrypt('t', [{ value: new Uint8Array(112 - 2) }])).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    })
  })
})
