import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { ByteReader } from '@keyfold/kms-api/bytes'

import { decodeEdek, encodeEdek, readEdek, type EdekFields } from '../src/edek.ts'
import { fromHex, hex, readVectors, type EdekVector } from './vectors.ts'

const { cases } = readVectors('kroxylicious-edeks.json') as { readonly cases: readonly EdekVector[] }
const VERSION = '78deebed173b48e48f55abf87ed4cf71'
const RSA: EdekFields = {
  keyName: 'key-name',
  vaultName: 'myvault',
  keyType: 'RSA',
  keyVersion: VERSION,
  wrapped: fromHex('050403'),
}
const GCM: EdekFields = {
  ...RSA,
  keyType: 'oct-HSM',
  wrapped: new Uint8Array(32).fill(7),
  gcm: { iv: new Uint8Array(12).fill(1), tag: new Uint8Array(16).fill(2) },
}

describe('EDEKs that Kroxylicious wrote', () => {
  const valid = cases.filter(({ kind }) => kind === 'valid')

  test.each(valid.map((vector) => [vector.id, vector] as const))(
    '%s reads as its fields, and is written again',
    (_, vector) => {
      const bytes = fromHex(vector.hex ?? '')
      const decoded = decodeEdek(bytes)
      const { wrappedHex = '', ...fields } = vector.fields ?? {}
      // Java stores any vault name of 1 to 127 bytes; an ASCII one is the same here.
      expect(decoded).toEqual({ ...fields, wrapped: fromHex(wrappedHex) })
      expect(hex(encodeEdek(decoded as EdekFields))).toBe(vector.hex)
    },
  )

  test('bytes that its reader rejects are rejected here as well', () => {
    const rejected = cases.filter(({ kind }) => kind === 'read-refused')
    expect(rejected.length).toBeGreaterThan(80)
    const accepted = rejected.filter(({ hex: bytes = '' }) => decodeEdek(fromHex(bytes)) !== undefined)
    expect(accepted.map(({ id }) => id)).toEqual([])
  })

  test('of the bytes that its reader accepts, those in the canonical form are accepted here, and no others', () => {
    const accepted = cases.filter(({ kind }) => kind === 'read-accepted')
    expect(accepted.length).toBeGreaterThan(10)
    for (const { id, hex: bytes = '', sameBytesAgain } of accepted) {
      const decoded = decodeEdek(fromHex(bytes))
      expect(decoded !== undefined, id).toBe(sameBytesAgain === true)
    }
  })

  test('fields that its writer rejects, or cannot read back, are rejected here', () => {
    const wrong = cases.filter(({ kind }) => kind === 'refused-fields' || kind === 'writer-quirk')
    expect(wrong.length).toBe(16)
    for (const { id, fields } of wrong) {
      const { wrappedHex = '', ...rest } = fields ?? {}
      expect(() => encodeEdek({ ...(rest as EdekFields), wrapped: fromHex(wrappedHex) }), id).toThrow(RangeError)
    }
  })
})

describe('records that Kroxylicious wrote', () => {
  const { cases: records } = readVectors('kroxylicious-records.json') as {
    readonly cases: readonly {
      readonly id: string
      readonly enc: { readonly value: string }
      readonly edekLength: number
      readonly edekFields: NonNullable<EdekVector['fields']>
    }[]
  }

  test('hold EDEKs that read as their fields, and are written again', () => {
    expect(records.length).toBe(15)
    for (const { id, enc, edekLength, edekFields } of records) {
      const reader = new ByteReader(Buffer.from(enc.value, 'base64'))
      reader.skip(1)
      expect(reader.uvarint(), id).toBe(edekLength)
      const bytes = Uint8Array.from(reader.take(edekLength))
      const decoded = decodeEdek(bytes)
      expect(decoded, id).toMatchObject({ keyName: edekFields.keyName, vaultName: edekFields.vaultName })
      expect(hex(encodeEdek(decoded as EdekFields)), id).toBe(hex(bytes))
    }
  })
})

describe('the layout', () => {
  test('is that of Kroxylicious for a version of lower-case hex, and for any other', () => {
    expect(hex(encodeEdek(RSA))).toBe('00086b65792d6e616d65076d797661756c7400' + VERSION + '050403')
    const text = encodeEdek({ ...RSA, keyType: 'oct-HSM', keyVersion: '78DEEBED173B48e48f55abf87ed4cf71' })
    expect(hex(text)).toBe(
      '01086b65792d6e616d65076d797661756c7403203738444545424544313733423438653438663535616266383765643463663731050403',
    )
  })

  test('with an encryption context has a first byte of its own, and holds the length of the IV', () => {
    const bytes = encodeEdek(GCM)
    expect(bytes[0]).toBe(2)
    expect(decodeEdek(bytes)).toEqual(GCM)
    const longer = { ...GCM, gcm: { iv: new Uint8Array(16).fill(9), tag: new Uint8Array(16).fill(2) } }
    expect(decodeEdek(encodeEdek(longer))).toEqual(longer)
  })

  test.each([
    [
      'a longer format than needed',
      '01086b65792d6e616d65076d797661756c740020' + Buffer.from(VERSION).toString('hex') + '050403',
    ],
    ['an unknown format', '03086b65792d6e616d65076d797661756c7400' + VERSION + '050403'],
    ['an unknown type', '00086b65792d6e616d65076d797661756c7404' + VERSION + '050403'],
    [
      'a length that is negative as a signed byte',
      '0080' + '61'.repeat(128) + '076d797661756c7400' + VERSION + '050403',
    ],
    ['no name', '0000076d797661756c7400' + VERSION + '050403'],
    ['a name with a slash', '00036b2f6b076d797661756c7400' + VERSION + '050403'],
    ['a version of 31 characters', '01086b65792d6e616d65076d797661756c74001f' + '5a'.repeat(31) + '050403'],
    ['a version that is no UTF-8', '01086b65792d6e616d65076d797661756c740020' + 'ff'.repeat(32) + '050403'],
    ['a version of blanks', '01086b65792d6e616d65076d797661756c740020' + '20'.repeat(32) + '050403'],
    ['nothing wrapped', '00086b65792d6e616d65076d797661756c7400' + VERSION],
    ['no bytes', ''],
  ])('rejects %s', (_, bytes) => {
    expect(decodeEdek(fromHex(bytes))).toBeUndefined()
  })

  test('rejects a bound EDEK of another type, with another length of IV or ciphertext', () => {
    const bytes = encodeEdek(GCM)
    const typeAt = 1 + 1 + 8 + 1 + 7
    const ivAt = typeAt + 1 + 33
    for (const [at, value] of [
      [typeAt, 0],
      [typeAt, 2],
      [ivAt, 11],
      [ivAt, 17],
      [ivAt, 0],
    ] as const) {
      const changed = Uint8Array.from(bytes)
      changed[at] = value
      expect(decodeEdek(changed), `${at}=${value}`).toBeUndefined()
    }
    expect(decodeEdek(bytes.subarray(0, -1))).toBeUndefined()
    expect(decodeEdek(Uint8Array.from([...bytes, 0]))).toBeUndefined()
  })

  test('has one form: whatever random bytes decode are encoded again as the same bytes', () => {
    for (let i = 0; i < 2_000; i++) {
      const bytes = encodeEdek({ ...RSA, wrapped: new Uint8Array(40) })
      bytes[randomBytes(1)[0]! % bytes.length] = randomBytes(1)[0]!
      const decoded = decodeEdek(bytes)
      if (decoded !== undefined) expect(hex(encodeEdek(decoded))).toBe(hex(bytes))
    }
  })
})

describe('readEdek', () => {
  test('reads vault, name and version without a configuration', () => {
    expect(readEdek(encodeEdek(RSA))).toEqual({
      provider: 'azure',
      id: 'myvault/key-name',
      name: 'key-name',
      version: VERSION,
    })
  })

  test('reads nothing from other bytes', () => {
    expect(readEdek(fromHex('00'))).toBeUndefined()
    expect(readEdek(encodeEdek({ ...RSA, vaultName: 'a/b' }))).toBeUndefined()
  })
})
