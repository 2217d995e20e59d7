import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { InvalidEdekError, type Kek, type KekHint } from '@keyfold/kms-api'
import { ByteFormatError, ByteReader, uvarintLength, writeUvarint } from '@keyfold/kms-api/bytes'
import provider from '@keyfold/kms-inmemory/kms-provider'

import { parcelLength, parseParcel, writeParcel } from '../../src/wire/parcel.ts'
import { MAX_TRAILER, parseTrailer } from '../../src/wire/trailer.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { parseWrapper } from '../../src/wire/wrapper.ts'
import {
  bytesOf,
  fromHex,
  kmsWith,
  readVectors,
  type ParcelVector,
  type RecordsFile,
  type TrailerVector,
} from '../compat/corpus.ts'
import { Mutator, SEED } from './mutator.ts'

const INPUTS = 40_000

/** Feeds a parser that checks what it got. It may throw `refusal`; anything else is a failure that names the input. */
function fuzz(
  corpus: readonly Uint8Array[],
  refusal: readonly (new (...args: never[]) => Error)[],
  parse: (input: Uint8Array) => void,
): { legal: number; refused: number } {
  const mutator = new Mutator(corpus, SEED)
  let legal = 0
  for (let i = 0; i < INPUTS; i++) {
    const input = mutator.next()
    try {
      parse(input)
      legal++
    } catch (error) {
      if (refusal.some((kind) => error instanceof kind)) continue
      throw new Error(`KEYFOLD_SEED=${SEED}, input ${i}: ${Buffer.from(input).toString('hex')}`, { cause: error })
    }
  }
  return { legal, refused: INPUTS - legal }
}

function hold(condition: boolean, promise: string): void {
  if (!condition) throw new Error(promise)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const values = (readVectors('kroxylicious/records.json') as RecordsFile).cases.flatMap(
  ({ enc }) => bytesOf(enc.value) ?? [],
)
const parcels = (readVectors('kroxylicious/parcels.json') as { cases: ParcelVector[] }).cases.map(({ hex }) =>
  fromHex(hex),
)
const trailers = (readVectors('kroxylicious/trailers.json') as { cases: TrailerVector[] }).cases.map(({ trailerHex }) =>
  fromHex(trailerHex),
)
const edeks = values.map((value) => {
  const { edekStart, edekEnd } = parseWrapper(value)
  return value.slice(edekStart, edekEnd)
})

/** Both happen often enough that neither way through a parser goes untested. */
function expectBoth({ legal, refused }: { legal: number; refused: number }): void {
  expect(legal + refused).toBe(INPUTS)
  expect(Math.min(legal, refused)).toBeGreaterThan(INPUTS / 50)
}

describe(`200,000 inputs of KEYFOLD_SEED=${SEED}`, () => {
  it(`${INPUTS} to the wrapper: refused with a WireError, or with all parts in order within the value`, () => {
    expectBoth(
      fuzz(values, [WireError], (input) => {
        const { edekStart, edekEnd, ivStart } = parseWrapper(input)
        hold(
          edekStart >= 2 && edekEnd > edekStart && edekEnd - edekStart <= 32_767,
          'an EDEK of 1 to 32767 bytes behind its length',
        )
        hold(ivStart === edekEnd + 1 && ivStart + 28 <= input.length, 'room for an IV and a tag')
      }),
    )
  })

  it(`${INPUTS} to the parcel: refused with a WireError, or read as what is written the same way again`, () => {
    expectBoth(
      fuzz(parcels, [WireError], (input) => {
        const { value, headers, end } = parseParcel(asBuffer(input), 0, input.length)
        hold(end <= input.length, 'an end within the input')
        if (value === null || value === undefined) return
        const again = Buffer.alloc(parcelLength(value, headers))
        hold(writeParcel(again, 0, value, headers) === again.length, 'the length that was computed')
        const reread = parseParcel(again, 0, again.length)
        hold(reread.end === again.length && asBuffer(value).equals(reread.value!), 'the same value')
        hold(JSON.stringify(reread.headers) === JSON.stringify(headers), 'the same headers')
      }),
    )
  })

  it(`${INPUTS} to the trailer: refused with a WireError, counted as none, or read within its limits`, () => {
    let none = 0
    expectBoth(
      fuzz(trailers, [WireError], (input) => {
        const trailer = parseTrailer(input, 0, input.length)
        const magic = input[0] === 0x4b && input[1] === 0x46
        hold(magic === (trailer !== undefined), 'none without its magic')
        if (trailer === undefined) {
          none++
          return
        }
        hold(input.length <= MAX_TRAILER && /^[\w.-]{1,249}$/.test(trailer.topic), 'a topic in at most 1,024 bytes')
        hold(
          trailer.keyField.length <= 66 && (trailer.partition ?? 0) >= 0,
          'a key and a partition within their limits',
        )
        const names = trailer.headers?.names ?? []
        hold(
          names.length <= 16 && new Set(names).size === names.length && (trailer.headers?.digest.length ?? 32) === 32,
          'at most 16 names and a digest',
        )
      }),
    )
    expect(none).toBeGreaterThan(0)
  })

  it(`${INPUTS} to the varints: refused with a ByteFormatError, or read as 32 bits, as a reader with BigInt reads them`, () => {
    const corpus = [0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 21 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 32 - 1].map((n) => {
      const bytes = new Uint8Array(uvarintLength(n))
      writeUvarint(bytes, 0, n)
      return bytes
    })
    expectBoth(
      fuzz(corpus, [ByteFormatError], (input) => {
        const reader = new ByteReader(input)
        const unsigned = reader.uvarint()
        const length = reader.position
        hold(BigInt(unsigned) === javaUvarint(input.subarray(0, length)) && length <= 5, 'the value')
        reader.reset(input)
        const signed = reader.zvarint()
        hold(
          signed === (signed | 0) && ((signed << 1) ^ (signed >> 31)) === unsigned && reader.position === length,
          'the zig-zag value',
        )
        reader.reset(input)
        let minimal: number | undefined
        try {
          minimal = reader.minimalUvarint()
        } catch (error) {
          hold(error instanceof ByteFormatError, 'a ByteFormatError')
        }
        hold(
          (minimal === undefined) === (uvarintLength(unsigned) !== length || (length === 5 && input[4]! > 0x07)),
          'one form',
        )
        hold(minimal === undefined || minimal === unsigned, 'the same value')
      }),
    )
  })

  it(`${INPUTS} to the EDEK of the in-memory KMS: refused with an InvalidEdekError, or the KEK that readEdek says`, () => {
    const kms = kmsWith({})
    expectBoth(
      fuzz(edeks, [InvalidEdekError], (input) => {
        const read: KekHint | undefined = input.length > 0 ? provider.readEdek!(input) : undefined
        let kek: Kek | undefined
        try {
          kek = kms.kekOf(input)
        } finally {
          hold(kek?.id === read?.id, 'the same answer')
        }
        hold(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(kek.id) && kek.version === undefined, 'a UUID')
      }),
    )
  })
})

/** Java's reader in other words: 7 bits a byte, cut to 32 bits, signed. */
function javaUvarint(bytes: Uint8Array): bigint {
  return BigInt.asIntN(
    32,
    bytes.reduce((sum, byte, i) => sum + (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n),
  )
}
