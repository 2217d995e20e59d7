import { describe, expect, it } from 'vitest'

import { ByteReader, ByteWriter } from '../../src/bytes/index.ts'

describe('a byte writer', () => {
  it('writes what the reader reads', () => {
    const bytes = new Uint8Array(16)
    const writer = new ByteWriter(bytes, 1).u8(200).u8(-2).i32(-5).uvarint(300).zvarint(-300).bytes(Uint8Array.of(9, 8))
    expect([writer.position, writer.remaining]).toEqual([13, 3])
    expect(writer.written()).toEqual(bytes.subarray(0, 13))
    const reader = new ByteReader(bytes, 1)
    expect([reader.u8(), reader.i8(), reader.i32(), reader.uvarint(), reader.zvarint()]).toEqual([
      200, -2, -5, 300, -300,
    ])
    expect(reader.take(2)).toEqual(Uint8Array.of(9, 8))
  })

  it('writes nothing that does not fit whole', () => {
    const bytes = new Uint8Array(3)
    const writer = new ByteWriter(bytes)
    expect(() => writer.i32(-1)).toThrow('"bytes" expected room for 4 bytes, got 3')
    expect(() => writer.bytes(Uint8Array.of(1, 2, 3, 4))).toThrow(RangeError)
    expect(writer.position).toBe(0)
    expect(bytes).toEqual(new Uint8Array(3))
    writer.bytes(Uint8Array.of(1, 2, 3))
    expect(() => writer.u8(1)).toThrow(RangeError)
    expect(() => writer.uvarint(1)).toThrow(RangeError)
    expect(writer.position).toBe(3)
  })

  it.each([256, -129, 1.5, NaN])('refuses %d as a byte', (value) => {
    expect(() => new ByteWriter(new Uint8Array(9)).u8(value)).toThrow(RangeError)
  })

  it.each([2 ** 31, 0.5, NaN])('refuses %d as a signed 32-bit number', (value) => {
    expect(() => new ByteWriter(new Uint8Array(9)).i32(value)).toThrow(RangeError)
  })

  it.each([-1, 3, 0.5])('refuses to start at %d of two bytes', (start) => {
    expect(() => new ByteWriter(new Uint8Array(2), start)).toThrow(RangeError)
  })
})
