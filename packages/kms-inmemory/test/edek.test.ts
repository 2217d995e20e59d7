import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeEdek, encodeEdek, type EdekFields } from '../src/edek.ts'
import { isUnwrappable } from '../src/keys/wrap-dek.ts'
import { fromHex, readVectors, type EdekVector, type VectorFields } from './vectors.ts'

const { cases } = readVectors('kroxylicious-edeks.json') as { cases: EdekVector[] }
const golden = readVectors('golden-edeks.json') as { cases: { hex: string; fields: VectorFields }[] }

function ofKind(...kinds: EdekVector['kind'][]): EdekVector[] {
  return cases.filter(({ kind }) => kinds.includes(kind))
}

function fieldsOf({ tagBits, ivHex, kekUuid, wrappedHex = '' }: VectorFields): EdekFields {
  return { bound: false, tagBits, iv: fromHex(ivHex), kekId: kekUuid, wrapped: fromHex(wrappedHex) }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/**
 * EDEKs that the Java reader takes apart although its own KMS does not write them, by what was changed in a good one. Keyfold reads which
 * KEK each names, as Java does, and unwraps none of them.
 */
const ODD: Record<string, { read: boolean; unwrapped: boolean; because: string }> = {
  cut: {
    read: true,
    unwrapped: false,
    because: 'the wrapped DEK is the rest of the bytes; one that is cut has no valid tag',
  },
  'tag-bits-96': { read: true, unwrapped: false, because: 'only tags of 128 bits are unwrapped' },
  'tag-bits-112': { read: true, unwrapped: false, because: 'only tags of 128 bits are unwrapped' },
  'tag-bits-120': { read: true, unwrapped: false, because: 'only tags of 128 bits are unwrapped' },
  'iv-length-0': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-11': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-13': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-47': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-48': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-49': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
  'iv-length-60': { read: true, unwrapped: false, because: 'only IVs of 12 bytes are unwrapped' },
}

describe('the codec of EDEKs, on what Kroxylicious made', () => {
  it('has all 111 cases', () => {
    const kinds = ['valid', 'refused-fields', 'writer-quirk', 'read-accepted', 'read-refused'] as const
    expect(kinds.map((kind) => ofKind(kind).length)).toEqual([39, 5, 1, 12, 54])
  })

  it.each(ofKind('valid', 'read-accepted'))(
    'reads $id ($kind) as the same fields and writes the same bytes again',
    (vector) => {
      const fields = decodeEdek(fromHex(vector.hex ?? ''))
      expect(fields).toEqual(fieldsOf(vector.fields))
      expect(hex(encodeEdek(fieldsOf(vector.fields)))).toBe(vector.hex)
    },
  )

  it.each(ofKind('read-accepted'))('has a verdict on the odd $id ($what)', (vector) => {
    const fields = decodeEdek(fromHex(vector.hex ?? ''))
    expect({ read: fields !== undefined, unwrapped: fields !== undefined && isUnwrappable(fields) }).toEqual({
      read: ODD[vector.what ?? '']?.read,
      unwrapped: ODD[vector.what ?? '']?.unwrapped,
    })
  })

  it.each(ofKind('read-refused'))('refuses $id ($what)', (vector) => {
    expect(decodeEdek(fromHex(vector.hex ?? ''))).toBeUndefined()
  })

  it.each(ofKind('refused-fields'))('does not write the fields of $id', (vector) => {
    expect(() => encodeEdek(fieldsOf(vector.fields))).toThrow(RangeError)
  })

  it.each(ofKind('writer-quirk'))('does not write the fields of $id, which would be read back as others', (vector) => {
    expect(() => encodeEdek(fieldsOf(vector.fields))).toThrow('"iv" expected at most 255 bytes, got length=256')
    expect(decodeEdek(fromHex(vector.hex ?? ''))).toEqual(fieldsOf(vector.readsBackAs as VectorFields))
  })

  it.each(golden.cases)('reads and writes the golden EDEK', (vector) => {
    const fields = decodeEdek(fromHex(vector.hex)) as EdekFields
    expect(fields).toEqual({ ...fieldsOf(vector.fields), wrapped: fields.wrapped })
    expect(hex(encodeEdek(fields))).toBe(vector.hex)
  })
})

describe('the codec of EDEKs', () => {
  const fields = fc.record({
    bound: fc.boolean(),
    tagBits: fc.constantFrom(128, 120, 112, 104, 96),
    iv: fc.uint8Array({ maxLength: 255 }),
    kekId: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
    wrapped: fc.uint8Array({ maxLength: 100 }),
  })

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fields, (original) => {
        expect(decodeEdek(encodeEdek(original))).toEqual(original)
      }),
    )
  })

  it('writes what it reads: there is one form of each EDEK', () => {
    const noise = fc.uint8Array({ maxLength: 300 })
    const likely = fc
      .tuple(fc.constantFrom(0x80, 0x60, 0x01), noise)
      .map(([first, rest]) => Uint8Array.of(first, ...rest))
    const bytes = fc.oneof(noise, likely)
    fc.assert(
      fc.property(bytes, (input) => {
        const read = decodeEdek(input)
        if (read !== undefined) expect(encodeEdek(read)).toEqual(input)
      }),
      { numRuns: 50_000 },
    )
  })

  it('marks a bound context with a first byte of 01', () => {
    const kekId = '00112233-4455-6677-8899-aabbccddeeff'
    const edek = encodeEdek({ bound: true, tagBits: 128, iv: new Uint8Array(12), kekId, wrapped: Uint8Array.of(7) })
    expect(hex(edek)).toBe(`01800c${'00'.repeat(12)}00112233445566778899aabbccddeeff07`)
  })

  it('does not read a context that is bound twice', () => {
    expect(decodeEdek(fromHex(`0101800c${'00'.repeat(12 + 16 + 48)}`))).toBeUndefined()
  })

  it('keeps none of the bytes that it reads', () => {
    const bytes = fromHex(golden.cases[0]?.hex ?? '')
    const read = decodeEdek(bytes)
    const before = structuredClone(read)
    bytes.fill(0)
    expect(read).toEqual(before)
  })

  it.each([
    '',
    '00112233-4455-6677-8899-AABBCCDDEEFF',
    '{00112233-4455-6677-8899-aabbccddeeff}',
    '00112233445566778899aabbccddeeff',
  ])('does not write %o as a UUID', (kekId) => {
    const edek: EdekFields = { bound: false, tagBits: 128, iv: new Uint8Array(12), kekId, wrapped: new Uint8Array() }
    expect(() => encodeEdek(edek)).toThrow('"kekId" expected a UUID')
  })
})
