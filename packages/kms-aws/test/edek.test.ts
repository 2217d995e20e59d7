import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeEdek, encodeEdek, readEdek } from '../src/edek.ts'
import { Boundary } from '../src/keys/boundary.ts'
import { fromBase64, fromHex, hex, readVectors, type EdekVector } from './vectors.ts'

const { cases } = readVectors('kroxylicious-edeks.json') as { cases: EdekVector[] }
const live = readVectors('kroxylicious-live.json') as { deks: [string, string][] }
const records = readVectors('kroxylicious-records.json') as {
  cases: { id: string; enc: { value: string }; edekFields?: { keyId: string; ciphertextBlobHex: string } }[]
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const boundary = new Boundary({ region: 'eu-central-1' })

function ofKind(...kinds: EdekVector['kind'][]): (EdekVector & { hex: string })[] {
  return cases.filter(({ kind }) => kinds.includes(kind)).map((vector) => ({ ...vector, hex: vector.hex ?? '' }))
}

/** EDEKs that the Java reader takes apart and this codec refuses, because each EDEK has one form only. By what was changed in a good one. */
const STRICTER: Record<string, string> = {
  'over-long-length': 'a length has its shortest form only',
  'length-6': 'a key id is well-formed UTF-8',
  'length-24': 'a key id is well-formed UTF-8',
  'name-bytes': 'a key id is well-formed UTF-8',
}

/** EDEKs that the Java reader refuses and this codec takes apart. */
const WIDER: Record<string, string> = {
  e0250: 'the format 02 holds a bound encryption context; Kroxylicious has none',
}

describe('the codec of EDEKs, on what Kroxylicious made', () => {
  it('has all 96 cases', () => {
    expect((['valid', 'read-accepted', 'read-refused'] as const).map((kind) => ofKind(kind).length)).toEqual([
      38, 28, 30,
    ])
  })

  it.each(ofKind('valid'))('reads $id as the same fields and writes the same bytes again', (vector) => {
    const fields = decodeEdek(fromHex(vector.hex))
    expect(fields).toEqual({
      bound: false,
      keyId: vector.fields?.keyId,
      blob: fromHex(vector.fields?.ciphertextBlobHex ?? ''),
    })
    expect(hex(encodeEdek(fields!))).toBe(vector.hex)
  })

  it.each(ofKind('read-accepted'))(
    'reads the odd $id ($what) as Java does and writes it again, or refuses it for a listed reason',
    (vector) => {
      const fields = decodeEdek(fromHex(vector.hex))
      if (vector.sameBytesAgain === true) {
        expect(fields).toMatchObject({
          keyId: vector.fields?.keyId,
          blob: fromHex(vector.fields?.ciphertextBlobHex ?? ''),
        })
        expect(hex(encodeEdek(fields!))).toBe(vector.hex)
      } else {
        expect(STRICTER).toHaveProperty([vector.what ?? ''])
        expect(fields).toBeUndefined()
      }
    },
  )

  it.each(ofKind('read-refused'))('refuses $id ($what), as Java does, or reads it for a listed reason', (vector) => {
    expect(decodeEdek(fromHex(vector.hex)) !== undefined).toBe(Object.hasOwn(WIDER, vector.id))
  })

  it.each(ofKind('valid', 'read-accepted', 'read-refused'))(
    'accepts the key of $id exactly when it is in the grammar of key ids',
    (vector) => {
      const keyId = decodeEdek(fromHex(vector.hex))?.keyId
      const inGrammar = vector.kind !== 'read-refused' && UUID.test(vector.fields?.keyId ?? '')
      expect(keyId !== undefined && boundary.contains(keyId)).toBe(inGrammar)
      expect(readEdek(fromHex(vector.hex))?.id).toBe(inGrammar ? vector.fields?.keyId : undefined)
    },
  )

  it.each(live.deks.map(([edek], index) => ({ edek, index })))(
    'reads and writes EDEK $index of the live records',
    ({ edek }) => {
      const fields = decodeEdek(fromBase64(edek))
      expect(fields?.keyId).toMatch(UUID)
      expect(fields?.blob.length).toBe(96)
      expect(encodeEdek(fields!)).toEqual(fromBase64(edek))
    },
  )

  it.each(records.cases.filter(({ edekFields }) => edekFields !== undefined))(
    'writes the EDEK of record $id as it stands in the record',
    ({ enc, edekFields }) => {
      const edek = encodeEdek({ bound: false, keyId: edekFields!.keyId, blob: fromHex(edekFields!.ciphertextBlobHex) })
      expect(hex(fromBase64(enc.value))).toContain(hex(edek))
    },
  )
})

describe('the codec of EDEKs', () => {
  it('writes the example of the format', () => {
    const edek = encodeEdek({
      bound: false,
      keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
      blob: Uint8Array.of(1, 2, 3),
    })
    expect(hex(edek)).toBe(`0024${hex(new TextEncoder().encode('1234abcd-12ab-34cd-56ef-1234567890ab'))}010203`)
  })

  it('tells a bound EDEK by its first byte', () => {
    const fields = { bound: true, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab', blob: Uint8Array.of(9) }
    const edek = encodeEdek(fields)
    expect(edek[0]).toBe(0x02)
    expect(decodeEdek(edek)).toEqual(fields)
  })

  it('refuses to write what no reader accepts', () => {
    const blob = Uint8Array.of(1)
    expect(() => encodeEdek({ bound: false, keyId: '', blob })).toThrow(RangeError)
    expect(() => encodeEdek({ bound: false, keyId: '\ud800', blob })).toThrow(RangeError)
    expect(() => encodeEdek({ bound: false, keyId: 'k', blob: new Uint8Array() })).toThrow(RangeError)
  })

  it('reads back whatever it writes, and writes back whatever it reads', () => {
    const keyId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
    const blob = fc.uint8Array({ minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.boolean(), keyId, blob, (bound, id, bytes) => {
        const fields = { bound, keyId: id, blob: bytes }
        expect(decodeEdek(encodeEdek(fields))).toEqual(fields)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const fields = decodeEdek(bytes)
        if (fields !== undefined) expect(encodeEdek(fields)).toEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  it('lends no memory of the EDEK', () => {
    const edek = encodeEdek({ bound: false, keyId: 'k', blob: Uint8Array.of(7) })
    const fields = decodeEdek(edek)
    edek.fill(0)
    expect(fields?.blob).toEqual(Uint8Array.of(7))
  })
})
