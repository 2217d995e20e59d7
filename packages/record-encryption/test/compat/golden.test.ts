import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { createDek, type Kek, type Kms } from '@keyfold/kms-api'

import { inspectRecord, type RecordHeader } from '../../src/index.ts'
import { parcelLength, parseParcel, writeParcel } from '../../src/wire/parcel.ts'
import { HAND_MARKER } from './by-hand.ts'
import { fromHex, headersOf, kmsWith, readVectors, toHex, type ParcelVector } from './corpus.ts'
import { COMPATIBLE, openAll, printed } from './open-all.ts'

type HexHeaders = readonly (readonly [string, string | null])[]
interface Absent {
  readonly absent: true
}

function hexHeaders(headers: HexHeaders): RecordHeader[] {
  return headers.map(([key, hex]) => ({ key, value: hex === null ? null : fromHex(hex) }))
}

function written(value: Uint8Array, headers: readonly RecordHeader[] | undefined): string {
  const bytes = new Uint8Array(parcelLength(value, headers))
  expect(writeParcel(bytes, 0, value, headers)).toBe(bytes.length)
  return toHex(bytes)
}

describe('golden data of Kroxylicious', () => {
  it('opens its three records', async () => {
    interface Golden {
      readonly kek: { readonly uuid: string; readonly keyHex: string }
      readonly cases: {
        key: string
        headers: HexHeaders
        valueHex: string | null
        expect: { valueHex: string | null; headers: HexHeaders }
      }[]
    }
    const { kek, cases } = readVectors('golden/records-inmemory.json') as Golden
    const records = cases.map(({ key, headers, valueHex }) => ({
      topic: 't',
      record: {
        key: Buffer.from(key),
        value: valueHex === null ? null : fromHex(valueHex),
        headers: hexHeaders(headers),
      },
    }))
    for (const policies of [COMPATIBLE, {}]) {
      const outcomes = await openAll(kmsWith({ [kek.uuid]: kek.keyHex }), kek.uuid, policies, records)
      expect(
        outcomes.map((outcome) =>
          outcome.refused === undefined ? printed(outcome.value, outcome.headers) : outcome.refused,
        ),
      ).toEqual(
        cases.map(({ expect: { valueHex, headers } }) =>
          printed(valueHex === null ? null : fromHex(valueHex), hexHeaders(headers)),
        ),
      )
    }
    expect(cases).toHaveLength(3)
  })

  it('opens the values that are known for one DEK, and says where their parts stand', async () => {
    const { dekHex, edekHex, cases } = readVectors('golden/wrappers-v2.json') as {
      dekHex: string
      edekHex: string
      cases: { parcelHex: string; valueHex: string }[]
    }
    const records = cases.map(({ valueHex }) => ({
      topic: 't',
      record: { value: fromHex(valueHex), headers: [HAND_MARKER] },
    }))
    const outcomes = await openAll(oneDek(dekHex), 'k', COMPATIBLE, records)
    expect(
      outcomes.map((outcome) =>
        outcome.refused === undefined ? printed(outcome.value, outcome.headers) : outcome.refused,
      ),
    ).toEqual(
      cases.map(({ parcelHex }) => {
        const parcel = Buffer.from(parcelHex, 'hex')
        const { value, headers } = parseParcel(parcel, 0, parcel.length)
        return printed(value ?? null, headers ?? [])
      }),
    )
    for (const [i, { parcelHex, valueHex }] of cases.entries()) {
      const info = inspectRecord(records[i]!.record)!
      expect(toHex(info.edek)).toBe(edekHex)
      expect(toHex(info.iv)).toBe(valueHex.slice(10, 34))
      expect(info.ciphertextLength).toBe(parcelHex.length / 2)
    }
    expect(cases).toHaveLength(5)
  })

  it('reads the KEK of its EDEK', () => {
    const { cases } = readVectors('golden/edeks-inmemory.json') as {
      cases: { hex: string; fields: { kekUuid: string } }[]
    }
    const kms = kmsWith({})
    expect(cases.map(({ hex }) => kms.kekOf(fromHex(hex)).id)).toEqual(cases.map(({ fields }) => fields.kekUuid))
    expect(cases).toHaveLength(1)
  })

  it('reads its eight parcels, and writes those again that hold a value, as the same bytes', () => {
    interface Golden {
      readonly name: string
      readonly serializedHex: string
      readonly expect: { readonly value: string | null | Absent; readonly headersHex: HexHeaders | Absent }
    }
    const { cases } = readVectors('golden/parcels-v1.json') as { cases: Golden[] }
    let again = 0
    for (const { serializedHex, expect: expected } of cases) {
      const bytes = Buffer.from(serializedHex, 'hex')
      const { value, headers, end } = parseParcel(bytes, 0, bytes.length)
      const names = headers?.map(({ key, value: of }) => [
        Buffer.from(key).toString('hex'),
        of === null ? null : toHex(of),
      ])
      expect(end).toBe(bytes.length)
      expect(value === undefined ? { absent: true } : value === null ? null : toHex(value)).toEqual(expected.value)
      expect(names ?? { absent: true }).toEqual(expected.headersHex)
      if (value === null || value === undefined) continue
      expect(written(value, headers)).toBe(serializedHex)
      again++
    }
    expect([cases.length, again]).toEqual([8, 5])
  })
})

describe('parcels of the Java writer', () => {
  it('are written again as the same bytes, all 91 that Keyfold can be asked for: a value, with or without headers', () => {
    const { cases } = readVectors('kroxylicious/parcels.json') as { cases: ParcelVector[] }
    const valid = cases.filter(({ kind }) => kind === 'valid')
    const writable = valid.filter(({ fields, valueHex }) => fields !== 'H' && typeof valueHex === 'string')
    expect(
      writable.map(({ fields, valueHex, headers }) =>
        written(fromHex(valueHex!), fields === 'VH' ? headersOf(headers!) : undefined),
      ),
    ).toEqual(writable.map(({ hex }) => hex))
    // The rest has no value, which is never written: H seals headers alone; a null value is a tombstone and stays outside.
    expect([valid.length, writable.length, valid.filter(({ fields }) => fields === 'H').length]).toEqual([111, 91, 19])
  })
})

/** A KMS with one KEK whose EDEKs all hold the same DEK. */
function oneDek(dekHex: string): Kms {
  const kek: Kek = { provider: 'one', id: 'k', wrapping: 'authenticated' }
  const none = (): never => {
    throw new Error('only decrypts')
  }
  return {
    resolveKek: () => Promise.resolve(kek),
    generateDekPair: none,
    decryptEdek: () => {
      // The array is the KMS's to give away.
      const bytes = new Uint8Array(new ArrayBuffer(32))
      bytes.set(fromHex(dekHex))
      return Promise.resolve(createDek(bytes, 'unwrapped'))
    },
    kekOf: () => kek,
    health: () => Promise.resolve({ status: 'ok' }),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
