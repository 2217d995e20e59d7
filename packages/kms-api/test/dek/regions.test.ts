import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { Dek } from '../../src/index.ts'
import { generated, KEY, regionsOf, text, unwrapped, type Region } from './support.ts'

function claimed(dek: Dek): Dek {
  dek.claim('records')
  return dek
}

/** A slab of `count` regions with gaps, as AES-256-GCM of node:crypto has them. */
function sealedByHand(count: number): {
  readonly slab: Uint8Array
  readonly regions: Uint32Array
  readonly texts: Uint8Array[]
} {
  const size = 80
  const slab = new Uint8Array(count * size).fill(0xee)
  const texts = Array.from({ length: count }, (_, i) => text(`text number ${i} `.repeat(i % 3)))
  const regions = texts.map((content, i): Region => {
    const iv = Uint8Array.from({ length: 12 }, (_, k) => i + k)
    const cipher = createCipheriv('aes-256-gcm', KEY, iv, { authTagLength: 16 })
    const at = i * size
    slab.set(iv, at + 1)
    slab.set(Buffer.concat([cipher.update(content), cipher.final()]), at + 14)
    slab.set(cipher.getAuthTag(), at + 62)
    return [at + 1, at + 14, content.length, at + 62]
  })
  return { slab, regions: regionsOf(...regions), texts }
}

const textAt = (slab: Uint8Array, regions: Uint32Array, i: number): Uint8Array =>
  slab.slice(regions[4 * i + 1], regions[4 * i + 1]! + regions[4 * i + 2]!)

describe('sealing regions', () => {
  it('gives what node:crypto opens, and touches nothing else', () => {
    const slab = new Uint8Array(400).fill(0xee)
    const content = text('forty-two bytes of text that are sealed.')
    slab.set(content, 150)
    claimed(generated()).sealRegions(slab, regionsOf([20, 150, content.length, 300]), 1)
    const decipher = createDecipheriv('aes-256-gcm', KEY, slab.subarray(20, 32), { authTagLength: 16 })
    decipher.setAuthTag(slab.subarray(300, 316))
    expect(Buffer.concat([decipher.update(slab.subarray(150, 150 + content.length)), decipher.final()])).toEqual(
      Buffer.from(content),
    )
    const others = slab.filter(
      (_, i) => (i < 20 || i >= 32) && (i < 150 || i >= 150 + content.length) && (i < 300 || i >= 316),
    )
    expect(others.every((byte) => byte === 0xee)).toBe(true)
  })

  it.each([0, 1, 511, 512, 513, 4_096, 70_000])('round-trips a text of %d bytes', (length) => {
    const slab = new Uint8Array(length + 28)
    const content = Uint8Array.from({ length }, (_, i) => i % 251)
    slab.set(content, 12)
    const regions = regionsOf([0, 12, length, 12 + length])
    claimed(generated()).sealRegions(slab, regions, 1)
    // A ciphertext of a few bytes can be its own plaintext by chance.
    if (length > 16) expect(textAt(slab, regions, 0)).not.toEqual(content)
    const status = Uint8Array.of(9)
    expect(claimed(unwrapped()).openRegions(slab, regions, 1, status)).toBe(0)
    expect(textAt(slab, regions, 0)).toEqual(content)
    expect(status).toEqual(Uint8Array.of(0))
  })

  it('seals the first `count` and leaves the rest', () => {
    const slab = new Uint8Array(96)
    claimed(generated()).sealRegions(slab, regionsOf([0, 12, 4, 16], [32, 44, 4, 48], [64, 76, 4, 80]), 2)
    expect(slab.subarray(0, 64).some((byte) => byte !== 0)).toBe(true)
    expect(slab.subarray(64)).toEqual(new Uint8Array(32))
  })
})

describe('opening regions', () => {
  it('opens what node:crypto sealed', () => {
    const { slab, regions, texts } = sealedByHand(20)
    const status = new Uint8Array(20).fill(9)
    expect(claimed(unwrapped()).openRegions(slab, regions, 20, status)).toBe(0)
    expect(status).toEqual(new Uint8Array(20))
    for (const [i, content] of texts.entries()) expect(textAt(slab, regions, i)).toEqual(content)
  })

  it('flags and zeroes the regions that fail, counts them, and opens the others', () => {
    const { slab, regions, texts } = sealedByHand(20)
    const broken = new Map([
      [2, regions[4 * 2 + 1]! + 3],
      [5, regions[4 * 5]!],
      [11, regions[4 * 11 + 3]! + 15],
      [17, regions[4 * 17 + 1]!],
    ])
    for (const [, at] of broken) slab[at]! ^= 1
    const status = new Uint8Array(21).fill(9)
    expect(claimed(unwrapped()).openRegions(slab, regions, 20, status)).toBe(broken.size)
    for (const [i, content] of texts.entries()) {
      expect(status[i]).toBe(broken.has(i) ? 1 : 0)
      expect(textAt(slab, regions, i)).toEqual(broken.has(i) ? new Uint8Array(content.length) : content)
    }
    expect(status[20]).toBe(9)
  })

  it('refuses every flipped bit of IV, text and tag', () => {
    const { slab, regions } = sealedByHand(2)
    const dek = claimed(unwrapped())
    let refused = 0
    const [iv, at, length, tag] = [...regions.subarray(4, 8)] as [number, number, number, number]
    const places = [...Array(12).keys()]
      .map((i) => iv + i)
      .concat(
        [...Array(length).keys()].map((i) => at + i),
        [...Array(16).keys()].map((i) => tag + i),
      )
    for (const place of places) {
      for (let bit = 0; bit < 8; bit++) {
        const copy = Uint8Array.from(slab)
        copy[place]! ^= 1 << bit
        refused += dek.openRegions(copy, regions.subarray(4), 1, new Uint8Array(1))
      }
    }
    expect(length).toBeGreaterThan(10)
    expect(refused).toBe(8 * places.length)
  })

  it('refuses another key', () => {
    const { slab, regions } = sealedByHand(3)
    expect(claimed(unwrapped(new Uint8Array(32).fill(5))).openRegions(slab, regions, 3, new Uint8Array(3))).toBe(3)
  })

  it('refuses a status that is too short, and opens nothing', () => {
    const { slab, regions } = sealedByHand(3)
    const before = Uint8Array.from(slab)
    expect(() => claimed(unwrapped()).openRegions(slab, regions, 3, new Uint8Array(2))).toThrow(
      new RangeError('"status" expected at least 3 bytes, got length=2'),
    )
    expect(slab).toEqual(before)
  })
})

describe('regions that do not lie within the slab', () => {
  const size = 100
  const MAX = 2 ** 32 - 1
  const outside: readonly (readonly [string, Region])[] = [
    ['an IV that ends one byte late', [size - 11, 12, 4, 16]],
    ['an IV far away', [MAX, 12, 4, 16]],
    ['a text that ends one byte late', [0, size - 3, 4, 16]],
    ['a text that begins behind the end', [0, size + 1, 0, 16]],
    ['a text longer than the slab', [0, 0, size + 1, 16]],
    ['a text whose end would wrap around', [0, 12, MAX, 16]],
    ['a text whose begin and length add up to 2^32', [0, MAX, 1, 16]],
    ['a tag that ends one byte late', [0, 12, 4, size - 15]],
    ['a tag far away', [0, 12, 4, MAX]],
  ]

  it.each(outside)('are refused before anything is sealed or opened: %s', (_, region) => {
    const slab = new Uint8Array(size).fill(3)
    const regions = regionsOf([0, 12, 4, 16], region)
    const message = new RangeError(`"regions" expected to lie within the slab of ${size} bytes, region 1 does not`)
    const sealing = claimed(generated())
    expect(() => {
      sealing.sealRegions(slab, regions, 2)
    }).toThrow(message)
    expect(() => claimed(unwrapped()).openRegions(slab, regions, 2, new Uint8Array(2))).toThrow(message)
    expect(slab).toEqual(new Uint8Array(size).fill(3))
  })

  it('may end exactly where the slab ends', () => {
    const slab = new Uint8Array(size)
    claimed(generated()).sealRegions(
      slab,
      regionsOf([size - 12, 0, 30, 40], [0, size - 4, 4, 20], [12, 30, 0, size - 16], [0, size, 0, 40]),
      4,
    )
  })

  it.each([-1, 3, 1.5, Number.NaN, Infinity, '1'])('are refused when the count is %o', (count) => {
    const regions = new Uint32Array(11)
    const message = `"count" expected a whole number of regions, at most 2, got ${count}`
    const slab = new Uint8Array(size)
    expect(() => {
      claimed(generated()).sealRegions(slab, regions, count as number)
    }).toThrow(new RangeError(message))
    expect(() => claimed(unwrapped()).openRegions(slab, regions, count as number, new Uint8Array(9))).toThrow(
      new RangeError(message),
    )
  })

  it('count as nothing when the count is 0', () => {
    const dek = claimed(generated())
    dek.sealRegions(new Uint8Array(0), new Uint32Array(0), 0)
    expect(dek.openRegions(new Uint8Array(0), regionsOf([9, 9, 9, 9]), 0, new Uint8Array(0))).toBe(0)
  })
})
