import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  ByteFormatError,
  ByteReader,
  uvarintLength,
  writeUvarint,
  writeZvarint,
  zvarintLength,
} from '../../src/bytes/index.ts'
import { properties } from '../properties.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const uv = (value: number): string => Buffer.from(written(writeUvarint, value)).toString('hex')
const zv = (value: number): string => Buffer.from(written(writeZvarint, value)).toString('hex')

function written(write: typeof writeUvarint, value: number): Uint8Array {
  const bytes = new Uint8Array(5)
  return bytes.subarray(0, write(bytes, 0, value))
}

const TABLE = [
  [0, '00', '00'],
  [1, '01', '02'],
  [-1, 'ffffffff0f', '01'],
  [63, '3f', '7e'],
  [64, '40', '8001'],
  [127, '7f', 'fe01'],
  [128, '8001', '8002'],
  [300, 'ac02', 'd804'],
  [8192, '8040', '808001'],
] as const

describe('varints', () => {
  it.each(TABLE)('write %i as Kafka does', (value, unsigned, zigZag) => {
    expect([uv(value), zv(value)]).toEqual([unsigned, zigZag])
  })

  it.each(TABLE)('read back %i', (value, unsigned, zigZag) => {
    expect(new ByteReader(hex(unsigned)).uvarint()).toBe(value)
    expect(new ByteReader(hex(zigZag)).zvarint()).toBe(value)
  })

  it.each([
    ['8000', 0],
    ['8080808000', 0],
    ['ff80808000', 127],
    ['ffffffff7f', -1],
    ['ffffffff0f', -1],
    ['8080808008', -(2 ** 31)],
    ['8080808010', 0],
  ])('read %s as Java does', (bytes, value) => {
    const reader = new ByteReader(hex(bytes))
    expect(reader.uvarint()).toBe(value)
    expect(reader.remaining).toBe(0)
  })

  it.each([
    ['', 'underflow'],
    ['80', 'underflow'],
    ['80808080', 'underflow'],
    ['8080808080', 'too-long'],
    ['ffffffff80', 'too-long'],
    ['ffffffffff00', 'too-long'],
  ])('are refused when they are %j: %s', (bytes, reason) => {
    for (const read of [
      (r: ByteReader) => r.uvarint(),
      (r: ByteReader) => r.zvarint(),
      (r: ByteReader) => r.minimalUvarint(),
    ]) {
      expect(() => read(new ByteReader(hex(bytes)))).toThrow(
        expect.objectContaining({ name: 'ByteFormatError', reason }),
      )
    }
  })

  it.each([
    ['8000', 'not-minimal'],
    ['808000', 'not-minimal'],
    ['ff00', 'not-minimal'],
    ['8080808000', 'not-minimal'],
    ['8080808008', 'out-of-range'],
    ['ffffffff0f', 'out-of-range'],
    ['ffffffff7f', 'out-of-range'],
    ['8080808010', 'out-of-range'],
  ])('that must be minimal are refused when they are %s: %s', (bytes, reason) => {
    expect(() => new ByteReader(hex(bytes)).minimalUvarint()).toThrow(
      expect.objectContaining({ name: 'ByteFormatError', reason }),
    )
  })

  it('come back from the minimal reader up to 2^31 - 1', () => {
    for (const value of [0, 1, 127, 128, 16383, 16384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1]) {
      expect(new ByteReader(written(writeUvarint, value)).minimalUvarint()).toBe(value)
    }
  })

  it('come back whatever 32-bit number they hold, in as many bytes as announced', () => {
    properties(
      fc.property(fc.integer(), (value) => {
        const unsigned = written(writeUvarint, value)
        const zigZag = written(writeZvarint, value)
        expect(unsigned.length).toBe(uvarintLength(value))
        expect(zigZag.length).toBe(zvarintLength(value))
        expect(new ByteReader(unsigned).uvarint()).toBe(value)
        expect(new ByteReader(zigZag).zvarint()).toBe(value)
      }),
    )
  })

  it('write an unsigned number as they write the signed one of the same bits', () => {
    expect(uv(2 ** 32 - 1)).toBe(uv(-1))
    expect(uv(2 ** 31)).toBe(uv(-(2 ** 31)))
    expect(uvarintLength(2 ** 32 - 1)).toBe(5)
  })

  it('never read past the end or fail with a foreign error, whatever the bytes', () => {
    properties(
      fc.property(fc.uint8Array({ maxLength: 7 }), fc.nat(7), (bytes, cut) => {
        const end = Math.min(cut, bytes.length)
        for (const read of [
          (r: ByteReader) => r.uvarint(),
          (r: ByteReader) => r.zvarint(),
          (r: ByteReader) => r.minimalUvarint(),
        ]) {
          const reader = new ByteReader(bytes, 0, end)
          try {
            const value = read(reader)
            expect(value | 0).toBe(value)
          } catch (error) {
            expect(error).toBeInstanceOf(ByteFormatError)
          }
          expect(reader.position).toBeLessThanOrEqual(Math.min(end, 5))
        }
      }),
    )
  })

  it('have one minimal form each', () => {
    properties(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5 }), (bytes) => {
        const reader = new ByteReader(bytes)
        let value: number
        try {
          value = reader.minimalUvarint()
        } catch {
          return
        }
        expect(written(writeUvarint, value)).toEqual(bytes.slice(0, reader.position))
      }),
    )
  })

  it.each([1.5, NaN, Infinity, 2 ** 32, -(2 ** 31) - 1])('refuse to write %d', (value) => {
    expect(() => writeUvarint(new Uint8Array(9), 0, value)).toThrow(RangeError)
    expect(() => writeZvarint(new Uint8Array(9), 0, value)).toThrow(RangeError)
  })

  it('are not written where there is no room', () => {
    expect(() => writeUvarint(new Uint8Array(1), 0, 128)).toThrow(/"offset" expected room for 2 bytes/)
    expect(() => writeUvarint(new Uint8Array(1), 1, 1)).toThrow(RangeError)
    expect(() => writeUvarint(new Uint8Array(1), -1, 1)).toThrow(RangeError)
    expect(() => writeUvarint(new Uint8Array(1), NaN, 1)).toThrow(RangeError)
  })
})
