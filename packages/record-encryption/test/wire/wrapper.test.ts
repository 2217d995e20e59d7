import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { WireError } from '../../src/wire/wire-error.ts'
import { encodeHead, IV_LENGTH, MAX_EDEK, parseWrapper, TAG_LENGTH } from '../../src/wire/wrapper.ts'

const REST = IV_LENGTH + TAG_LENGTH

function wrapper(headHex: string, rest = REST): Uint8Array {
  return Buffer.concat([Buffer.from(headHex, 'hex'), Buffer.alloc(rest)])
}

function kindOf(value: Uint8Array): string {
  try {
    parseWrapper(value)
    return 'legal'
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return error.kind
  }
}

describe('encodeHead', () => {
  it('writes cipher 0, the length of the EDEK, the EDEK and AAD 0', () => {
    expect(Buffer.from(encodeHead(Uint8Array.of(0xed, 0xec))).toString('hex')).toBe('0002edec00')
    expect(Buffer.from(encodeHead(new Uint8Array(128).fill(7)).subarray(0, 4)).toString('hex')).toBe('00800107')
  })

  it('writes the longest EDEK, which parseWrapper reads', () => {
    for (const length of [1, 127, 128, 16_383, 16_384, MAX_EDEK]) {
      const head = encodeHead(new Uint8Array(length).fill(1))
      const lengthBytes = head.length - length - 2
      expect(parseWrapper(Buffer.concat([head, Buffer.alloc(REST)]))).toEqual({
        edekStart: 1 + lengthBytes,
        edekEnd: 1 + lengthBytes + length,
        ivStart: head.length,
      })
    }
  })

  it('refuses an EDEK that no reader accepts: an empty one, or one of more than 32767 bytes', () => {
    expect(() => encodeHead(new Uint8Array())).toThrow('"edek" expected 1 to 32767 bytes, got length=0')
    expect(() => encodeHead(new Uint8Array(MAX_EDEK + 1))).toThrow(RangeError)
  })
})

describe('parseWrapper', () => {
  it('says where the parts stand, also of an encrypted parcel without a byte', () => {
    expect(parseWrapper(wrapper('0002edec00', REST + 5))).toEqual({ edekStart: 2, edekEnd: 4, ivStart: 5 })
    expect(parseWrapper(wrapper('0002edec00'))).toEqual({ edekStart: 2, edekEnd: 4, ivStart: 5 })
  })

  it('accepts the longer forms of the EDEK’s length that Java accepts', () => {
    expect(parseWrapper(wrapper('008200edec00'))).toEqual({ edekStart: 3, edekEnd: 5, ivStart: 6 })
    expect(parseWrapper(wrapper('008280808000edec00'))).toEqual({ edekStart: 6, edekEnd: 8, ivStart: 9 })
  })

  it('does not support another cipher than 0, or another AAD', () => {
    for (let byte = 1; byte < 256; byte++) {
      const hex = byte.toString(16).padStart(2, '0')
      expect([kindOf(wrapper(`${hex}02edec00`)), kindOf(wrapper(`0002edec${hex}`))]).toEqual([
        'unsupported',
        'unsupported',
      ])
    }
  })

  it('refuses an EDEK of no byte, of a negative length and of more than 32767 bytes', () => {
    expect(kindOf(wrapper('000000'))).toBe('malformed')
    expect(kindOf(wrapper('00ffffffff0f00'))).toBe('malformed')
    expect(kindOf(Buffer.concat([Buffer.from('00808002', 'hex'), Buffer.alloc(MAX_EDEK + 1 + 1 + REST)]))).toBe(
      'malformed',
    )
  })

  it('refuses a value that ends anywhere before its tag', () => {
    const whole = wrapper('0002edec00')
    const kinds = Array.from(whole, (_, end) => kindOf(whole.subarray(0, end)))
    expect(new Set(kinds)).toEqual(new Set(['malformed']))
    expect(kindOf(whole)).toBe('legal')
  })

  it('refuses a length of six bytes', () => {
    expect(kindOf(wrapper('00828080808000edec00'))).toBe('malformed')
  })
})
