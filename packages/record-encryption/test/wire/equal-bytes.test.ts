import { describe, expect, it } from 'vitest'

import { equalBytes } from '../../src/wire/equal-bytes.ts'

const bytes = Uint8Array.of(1, 2, 3, 4, 5)

describe('equalBytes', () => {
  it('compares runs wherever they start', () => {
    expect(equalBytes(bytes, 1, Uint8Array.of(9, 9, 2, 3), 2, 2)).toBe(true)
    expect(equalBytes(bytes, 0, bytes, 0, 5)).toBe(true)
  })

  it('finds a difference in each place, and in each bit', () => {
    for (let i = 0; i < 40; i++) {
      const other = bytes.slice()
      other[i >> 3]! ^= 1 << (i & 7)
      expect(equalBytes(bytes, 0, other, 0, 5)).toBe(false)
    }
  })

  it('does not look beyond the run', () => {
    expect(equalBytes(bytes, 0, Uint8Array.of(1, 2, 9), 0, 2)).toBe(true)
    expect(equalBytes(bytes, 2, Uint8Array.of(9), 1, 0)).toBe(true)
  })

  it('takes a run that ends too early for another one, on either side', () => {
    expect(equalBytes(bytes, 0, Uint8Array.of(1, 2), 0, 3)).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 2), 0, bytes, 0, 3)).toBe(false)
    expect(equalBytes(bytes, 4, bytes, 4, 2)).toBe(false)
    // What is not there is not zero.
    expect(equalBytes(Uint8Array.of(1), 0, Uint8Array.of(1, 0), 0, 2)).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 0), 0, Uint8Array.of(1), 0, 2)).toBe(false)
  })
})
