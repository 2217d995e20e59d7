import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import {
  encodeHeadersField,
  encodePartitionField,
  encodeTrailerStart,
  isKeyField,
  keyFieldLength,
  parseTrailer,
  writeKeyField,
  type Trailer,
} from '../../src/wire/trailer.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { field, unsigned } from '../compat/by-hand.ts'

const START = '4b4601' + '010174'
const KEY = '02016b'
const DIGEST = 'dd'.repeat(32)

function parsed(hex: string): Trailer | undefined {
  const bytes = Buffer.from(`0102${hex}`, 'hex')
  return parseTrailer(bytes, 2, bytes.length)
}

function keyField(key: Uint8Array | null): string {
  const bytes = Buffer.alloc(keyFieldLength(key) + 2, 0xaa)
  const end = writeKeyField(bytes, 1, key)
  expect(end).toBe(bytes.length - 1)
  return bytes.toString('hex', 1, end)
}

function headersField(names: readonly string[], digest = DIGEST): string {
  const listed = names.flatMap((name) => [unsigned(Buffer.byteLength(name)), Buffer.from(name)])
  return field(6, Buffer.concat([unsigned(names.length), ...listed, Buffer.from(digest, 'hex')])).toString('hex')
}

describe('the fields of a trailer', () => {
  it('start with KF, version 1 and the topic', () => {
    expect(Buffer.from(encodeTrailerStart('t')).toString('hex')).toBe(START)
    expect(Buffer.from(encodeTrailerStart('x'.repeat(249))).toString('hex')).toBe(`4b460101f901${'78'.repeat(249)}`)
  })

  it('hold a key of up to 64 bytes as it is, the hash of a longer one, and say that it is null', () => {
    const long = randomBytes(65)
    expect(keyField(null)).toBe('0400')
    expect(keyField(new Uint8Array())).toBe('0200')
    expect(keyField(long.subarray(0, 64))).toBe(`0240${long.toString('hex', 0, 64)}`)
    expect(keyField(long)).toBe(`0320${createHash('sha256').update(long).digest('hex')}`)
  })

  it('hold a partition in four bytes', () => {
    expect(Buffer.from(encodePartitionField(258)).toString('hex')).toBe('050400000102')
    expect(Buffer.from(encodePartitionField(2 ** 31 - 1)).toString('hex')).toBe('05047fffffff')
  })

  it('hold names of headers and one digest of their values', () => {
    expect(Buffer.from(encodeHeadersField(['a', 'k€'], Buffer.from(DIGEST, 'hex'))).toString('hex')).toBe(
      headersField(['a', 'k€']),
    )
  })
})

describe('isKeyField', () => {
  const keys = [
    null,
    new Uint8Array(),
    Uint8Array.of(0),
    Uint8Array.of(1, 2),
    new Uint8Array(32),
    new Uint8Array(64),
    new Uint8Array(65),
    new Uint8Array(200),
  ]

  it('holds for the key that was written, and for no other', () => {
    for (const [i, key] of keys.entries()) {
      const bytes = Buffer.from(`aa${keyField(key)}aa`, 'hex')
      expect(keys.map((other) => isKeyField(bytes, 1, bytes.length - 1, other))).toEqual(keys.map((_, j) => i === j))
    }
  })

  it('does not hold with any bit of the field flipped', () => {
    for (const key of keys) {
      const bytes = Buffer.from(keyField(key), 'hex')
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(isKeyField(bytes, 0, bytes.length, key)).toBe(false)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
      }
    }
  })

  it('tells a long key from its hash as a key of 32 bytes', () => {
    const long = randomBytes(65)
    const hash = createHash('sha256').update(long).digest()
    const bytes = Buffer.from(keyField(hash), 'hex')
    expect([isKeyField(bytes, 0, bytes.length, hash), isKeyField(bytes, 0, bytes.length, long)]).toEqual([true, false])
  })
})

describe('parseTrailer', () => {
  it('gives topic, key, partition and headers', () => {
    const {
      topic,
      keyField: key,
      partition,
      headers,
    } = parsed(START + KEY + '050400000007' + headersField(['a', 'k€']))!
    expect([
      topic,
      Buffer.from(key).toString('hex'),
      partition,
      headers?.names,
      Buffer.from(headers!.digest).toString('hex'),
    ]).toEqual(['t', KEY, 7, ['a', 'k€'], DIGEST])
  })

  it('leaves out what is not there', () => {
    expect(parsed(START + KEY)).toMatchObject({ partition: undefined, headers: undefined })
  })

  it.each([
    ['raw', KEY],
    ['of 64 bytes', `0240${'61'.repeat(64)}`],
    ['empty', '0200'],
    ['hashed', `0320${DIGEST}`],
    ['null', '0400'],
  ])('reads a key that is %s', (_, key) => {
    expect(Buffer.from(parsed(START + key)!.keyField).toString('hex')).toBe(key)
  })

  it('skips fields of a later version with tags from 0x80', () => {
    expect(parsed(START + KEY + '80027a7a' + 'ff00')?.topic).toBe('t')
    expect(parsed(START + KEY + `80${unsigned(900).toString('hex')}${'00'.repeat(900)}`)?.topic).toBe('t')
  })

  it('accepts 16 names and sorts them by bytes', () => {
    const names = [
      '',
      ...Array.from({ length: 13 }, (_, i) => `h${String.fromCharCode(97 + i)}`),
      '\uFFFD',
      '\u{1F600}',
    ]
    expect(parsed(START + KEY + headersField(names))?.headers?.names).toEqual(names)
  })

  it.each([
    ['nothing', ''],
    ['half of the magic', '4b'],
    ['another magic', '4b47010174'],
    ['zeros', '0000000000'],
  ])('counts %s as no trailer', (_, hex) => {
    expect(parsed(hex)).toBeUndefined()
  })

  it.each([
    ['its magic alone', '4b46'],
    ['version 0', '4b4600010174' + KEY],
    ['version 2', '4b4602010174' + KEY],
    ['no field', '4b4601'],
    ['no topic', '4b4601' + KEY],
    ['an empty topic', '4b4601' + '0100' + KEY],
    ['a topic of 250 characters', `4b460101fa01${'78'.repeat(250)}${KEY}`],
    ['a topic with a slash', '4b4601' + '01012f' + KEY],
    ['a topic with a line feed behind it', '4b4601' + '0102740a' + KEY],
    ['a topic that is not ASCII', '4b4601' + '0101e9' + KEY],
    ['no key', START],
    ['two keys of two kinds', START + KEY + '0400'],
    ['a raw and a hashed key', START + KEY + `0320${DIGEST}`],
    ['a raw key of 65 bytes', START + `0241${'61'.repeat(65)}`],
    ['a hash of 31 bytes', START + `031f${'61'.repeat(31)}`],
    ['a null key with a byte', START + '040161'],
    ['a field twice', START + KEY + KEY],
    ['fields in another order', '4b4601' + KEY + '010174'],
    ['tag 0', START + KEY + '0000'],
    ['the reserved tag 8', START + KEY + '080100'],
    ['the unknown tag 7', START + KEY + '0700'],
    ['the unknown tag 0x7f', START + KEY + '7f00'],
    ['tags from 0x80 in another order', START + KEY + '81008000'],
    ['a length that is longer than needed', '4b4601' + '01810074' + KEY],
    ['a length beyond the end', START + KEY + '050500000000'],
    ['a length of 2^31-1', START + KEY + '05ffffffff07'],
    ['a tag without a length', START + KEY + '05'],
    ['a partition of 3 bytes', START + KEY + '0503000000'],
    ['a negative partition', START + KEY + '050480000000'],
    ['no bound header', START + KEY + '0621' + '00' + DIGEST],
    ['17 bound headers', START + KEY + headersField(Array.from({ length: 17 }, (_, i) => String.fromCharCode(97 + i)))],
    ['names that are not sorted', START + KEY + headersField(['b', 'a'])],
    ['a name twice', START + KEY + headersField(['a', 'a'])],
    ['a name that is not UTF-8', START + KEY + '0623' + '0101ff' + DIGEST],
    ['a digest of 31 bytes', START + KEY + headersField(['a'], 'dd'.repeat(31))],
    ['a digest of 33 bytes', START + KEY + headersField(['a'], 'dd'.repeat(33))],
    ['1,025 bytes', START + KEY + `80${unsigned(1013).toString('hex')}${'00'.repeat(1013)}`],
  ])('refuses %s', (_, hex) => {
    expect(() => parsed(hex)).toThrow(WireError)
    expect(() => parsed(hex)).toThrow(expect.objectContaining({ kind: 'malformed' }) as WireError)
  })

  it('reads the longest trailer, of 1,024 bytes', () => {
    expect(parsed(START + KEY + `80${unsigned(1012).toString('hex')}${'00'.repeat(1012)}`)?.topic).toBe('t')
  })
})
