import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { IvSequence } from '../../src/dek/iv-sequence.ts'

const MODULUS = 1n << 96n
const modulo = (n: bigint): bigint => ((n % MODULUS) + MODULUS) % MODULUS

function bytesOf(n: bigint): Uint8Array {
  return Buffer.from(modulo(n).toString(16).padStart(24, '0'), 'hex')
}

function valueOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

describe('the IVs of a DEK', () => {
  const carries = [
    2n ** 8n,
    2n ** 16n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
    2n ** 64n,
    2n ** 95n,
    2n ** 96n,
    (0xabcdn << 64n) + 2n ** 32n,
    (7n << 80n) + 2n ** 64n,
  ]

  it.each(carries)('count on by one over the carry at %d', (carry) => {
    const start = carry - 600n
    const sequence = new IvSequence(bytesOf(start))
    const slab = new Uint8Array(12)
    for (let n = 0n; n < 1_200n; n++) {
      sequence.take(slab, 0)
      expect(valueOf(slab)).toBe(modulo(start + n))
    }
  })

  it('never repeat in 5 million, over a carry of 32 and one of 64 bits', () => {
    // Each is the one before plus 1, modulo 2^96: then 5 million of them are 5 million different ones.
    const count = 5_000_000
    const sequence = new IvSequence(bytesOf(2n ** 64n - 2_500_000n))
    const slab = new Uint8Array(12)
    const view = new DataView(slab.buffer)
    let breaks = 0
    let carries = 0
    let [high, middle, low] = [0, 0, 0]
    for (let n = 0; n < count; n++) {
      sequence.take(slab, 0)
      if (n > 0) {
        const nextLow = (low + 1) >>> 0
        const nextMiddle = nextLow === 0 ? (middle + 1) >>> 0 : middle
        const nextHigh = nextLow === 0 && nextMiddle === 0 ? (high + 1) >>> 0 : high
        if (nextLow === 0) carries++
        if (view.getUint32(8) !== nextLow || view.getUint32(4) !== nextMiddle || view.getUint32(0) !== nextHigh)
          breaks++
      }
      high = view.getUint32(0)
      middle = view.getUint32(4)
      low = view.getUint32(8)
    }
    expect({ breaks, carries, high, middle, low }).toEqual({
      breaks: 0,
      carries: 1,
      high: 1,
      middle: 0,
      low: 2_500_000 - 1,
    })
  })

  it('begin at a random place of their own', () => {
    const starts = new Set<string>()
    const bits = { seenOne: 0n, seenZero: 0n }
    for (let i = 0; i < 1_000; i++) {
      const slab = new Uint8Array(12)
      new IvSequence().take(slab, 0)
      starts.add(slab.join())
      bits.seenOne |= valueOf(slab)
      bits.seenZero |= ~valueOf(slab) & (MODULUS - 1n)
    }
    expect(starts.size).toBe(1_000)
    // All 96 bits are drawn: each was met as 1 and as 0.
    expect(bits).toEqual({ seenOne: MODULUS - 1n, seenZero: MODULUS - 1n })
  })

  it('are written where they are wanted, and nothing beside', () => {
    const start = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255)
    const sequence = new IvSequence(start)
    const slab = new Uint8Array(30).fill(0xee)
    sequence.take(slab, 7)
    expect([...slab]).toEqual([...Array<number>(7).fill(0xee), ...start, ...Array<number>(11).fill(0xee)])
    start.fill(0)
    sequence.take(slab, 7)
    expect([...slab.subarray(7, 19)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 0])
  })
})
