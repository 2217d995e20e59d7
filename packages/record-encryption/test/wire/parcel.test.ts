import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { RecordHeader } from '../../src/index.ts'
import { parcelLength, parseParcel, writeParcel, type Parcel } from '../../src/wire/parcel.ts'
import { WireError } from '../../src/wire/wire-error.ts'

function written(value: string, headers: readonly RecordHeader[] | undefined): string {
  const bytes = Buffer.alloc(parcelLength(Buffer.from(value), headers) + 4, 0xaa)
  const end = writeParcel(bytes, 2, Buffer.from(value), headers)
  expect(bytes.toString('hex', 0, 2) + bytes.toString('hex', end)).toBe('aaaaaaaa')
  return bytes.toString('hex', 2, end)
}

function parsed(hex: string): Parcel {
  const bytes = Buffer.from(`aa${hex}`, 'hex')
  return parseParcel(bytes, 1, bytes.length)
}

function text(bytes: Uint8Array | null | undefined): string | null | undefined {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : bytes
}

const HEADERS: readonly RecordHeader[] = [
  { key: 'k€', value: Uint8Array.of(1) },
  { key: 'e', value: new Uint8Array() },
  { key: 'n', value: null },
]

describe('writeParcel', () => {
  it('writes the value and that the headers stayed outside', () => {
    expect(written('b', undefined)).toBe('026203')
    expect(written('', undefined)).toBe('0003')
    expect(written('x'.repeat(64), undefined)).toBe(`8001${'78'.repeat(64)}03`)
    expect(written('x'.repeat(8192), undefined)).toBe(`808001${'78'.repeat(8192)}03`)
  })

  it('writes headers with an unsigned length of the name and a zig-zag length of the value', () => {
    expect(written('hi', HEADERS)).toBe('04686906046be282ac0201016500016e01')
    expect(written('hi', [])).toBe('04686900')
  })
})

describe('parseParcel', () => {
  it('gives the value, the headers and where a trailer may start', () => {
    const { value, headers, end } = parsed('04686906046be282ac0201016500016e01' + '4b46')
    expect([text(value), headers?.map(({ key, value: of }) => [key, of === null ? null : [...of]]), end]).toEqual([
      'hi',
      [
        ['k€', [1]],
        ['e', []],
        ['n', null],
      ],
      18,
    ])
  })

  it('tells a value that is null, empty or absent apart', () => {
    expect([text(parsed('0103').value), text(parsed('0003').value), parsed('0303').value]).toEqual([
      null,
      '',
      undefined,
    ])
  })

  it('tells headers that stayed outside from none; Java’s null list is none', () => {
    expect([parsed('026203').headers, parsed('026200').headers, parsed('026201').headers]).toEqual([undefined, [], []])
  })

  it('keeps a BOM, a NUL and an empty name, and replaces ill-formed UTF-8', () => {
    expect(parsed('000203efbbbf00').headers).toEqual([{ key: '\uFEFF', value: Buffer.alloc(0) }])
    expect(parsed('0002010000').headers?.[0]?.key).toBe('\u0000')
    expect(parsed('00020000').headers?.[0]?.key).toBe('')
    expect(parsed('000201ff00').headers?.[0]?.key).toBe('\uFFFD')
  })

  it('gives views of its bytes', () => {
    const bytes = Buffer.from('0262020161026303', 'hex')
    const { value, headers } = parseParcel(bytes, 0, bytes.length)
    bytes.fill(0x7a)
    expect([text(value), text(headers?.[0]?.value)]).toEqual(['z', 'z'])
  })

  it.each([
    ['nothing', ''],
    ['a value that is longer than the parcel', '0a6803'],
    ['a value of length -3', '0503'],
    ['a value of the least length there is', 'ffffffff0f03'],
    ['a length of six bytes', '8a808080800068656c6c6f03'],
    ['no headers section', '0262'],
    ['-3 headers', '026205'],
    ['more headers than bytes for them', '02620400'],
    ['2^31-1 headers', '00feffffff0f'],
    ['a name that is longer than the parcel', '0002056100'],
    ['a name of negative length', '0002ffffffff0f00'],
    ['a header without its value', '00020161'],
    ['a header’s value of length -2', '0002016103'],
    ['a header’s value that is longer than the parcel', '0002016104ff'],
  ])('refuses %s', (_, hex) => {
    expect(() => parsed(hex)).toThrow(WireError)
    expect(() => parsed(hex)).toThrow(expect.objectContaining({ kind: 'malformed' }) as WireError)
  })

  it('says of impossible lengths what they are of, before it looks for the bytes', () => {
    expect(() => parsed('00feffffff0f')).toThrow('the parcel claims more headers than it has bytes for')
    expect(() => parsed('0503')).toThrow('the parcel has a value of negative length')
    expect(() => parsed('0002016105')).toThrow('the parcel has a header of negative length')
  })

  it('stops at the end that it was given, though more bytes follow', () => {
    const bytes = Buffer.from('026203', 'hex')
    expect(() => parseParcel(bytes, 0, 2)).toThrow(WireError)
  })
})
