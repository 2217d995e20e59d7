import { describe, expect, it } from 'vitest'

import { ByteReader } from '../../src/bytes/index.ts'

const underflow = expect.objectContaining({ name: 'ByteFormatError', reason: 'underflow' }) as Error

describe('a byte reader', () => {
  it('reads bytes and numbers in order and says where it is', () => {
    const reader = new ByteReader(Uint8Array.of(0xff, 0xff, 0x80, 0, 0, 1, 7, 8))
    expect([reader.u8(), reader.i8(), reader.i32()]).toEqual([255, -1, -(2 ** 31) + 1])
    expect([reader.position, reader.remaining]).toEqual([6, 2])
    expect(reader.take(2)).toEqual(Uint8Array.of(7, 8))
    expect(() => reader.u8()).toThrow(underflow)
  })

  it('stays inside the range that it was given', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4), 1, 3)
    expect(() => reader.i32()).toThrow(underflow)
    expect(() => reader.take(3)).toThrow(underflow)
    expect(reader.take(2)).toEqual(Uint8Array.of(2, 3))
    expect(() => reader.u8()).toThrow(underflow)
    expect(reader.take(0)).toEqual(new Uint8Array(0))
  })

  it('takes a view, not a copy', () => {
    const bytes = Uint8Array.of(1, 2)
    expect(new ByteReader(bytes).take(2).buffer).toBe(bytes.buffer)
  })

  it.each([-1, -(2 ** 31), 2 ** 31 - 1, NaN, Infinity])(
    'refuses a claimed length of %d without allocating',
    (length) => {
      const reader = new ByteReader(Uint8Array.of(1, 2))
      expect(() => reader.take(length)).toThrow(underflow)
      expect(reader.position).toBe(0)
    },
  )

  it('can be used again for other bytes', () => {
    const reader = new ByteReader(Uint8Array.of(1))
    reader.u8()
    reader.reset(Uint8Array.of(5, 6, 7), 1)
    expect([reader.position, reader.remaining, reader.u8()]).toEqual([1, 2, 6])
  })

  it.each([
    [-1, 1],
    [0, 3],
    [2, 1],
    [0.5, 1],
    [0, NaN],
  ])('refuses the range %d to %d of two bytes', (start, end) => {
    expect(() => new ByteReader(new Uint8Array(2), start, end)).toThrow(RangeError)
  })
})
