import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { createDek, type Dek } from '../../src/index.ts'
import { dekCodeOf, generated, regionsOf, unwrapped } from './support.ts'

const PURPOSES = ['records', 'envelopes', 'fields'] as const
const REGION = regionsOf([0, 12, 4, 16])
const seal = (dek: Dek, slab = new Uint8Array(32)): Uint8Array => {
  dek.sealRegions(slab, REGION, 1)
  return slab
}
const open = (dek: Dek, slab: Uint8Array): number => dek.openRegions(slab, REGION, 1, new Uint8Array(1))

describe('making a DEK', () => {
  it('zeroes the bytes that it takes over', () => {
    const bytes = new Uint8Array(32).fill(7)
    createDek(bytes, 'generated')
    expect(bytes).toEqual(new Uint8Array(32))
  })

  it.each([0, 16, 31, 33, 64])('refuses %d bytes, and zeroes them', (length) => {
    const bytes = new Uint8Array(length).fill(7)
    expect(() => createDek(bytes, 'unwrapped')).toThrow(
      new TypeError(`"bytes" expected a Uint8Array of length 32, got length=${length}`),
    )
    expect(bytes).toEqual(new Uint8Array(length))
  })

  it.each([undefined, null, 'a'.repeat(32), 32, [1, 2], new ArrayBuffer(32)])(
    'refuses %o as bytes without printing it',
    (bytes) => {
      expect(() => createDek(bytes as never, 'generated')).toThrow(
        /^"bytes" expected a Uint8Array of length 32, got (?:undefined|null|string|number|Array|object)$/,
      )
    },
  )

  it.each(['Generated', '', undefined, null, 1])('refuses the origin %o, and zeroes the bytes', (origin) => {
    const bytes = new Uint8Array(32).fill(7)
    expect(() => createDek(bytes, origin as never)).toThrow(
      new TypeError('"origin" expected "generated" or "unwrapped"'),
    )
    expect(bytes).toEqual(new Uint8Array(32))
  })

  it('says where the key came from', () => {
    expect([generated().origin, unwrapped().origin]).toEqual(['generated', 'unwrapped'])
  })
})

describe('claiming a DEK', () => {
  it('is needed before it seals or opens', () => {
    expect(dekCodeOf(() => seal(generated()))).toBe('DEK_CLAIMED')
    expect(dekCodeOf(() => open(generated(), new Uint8Array(32)))).toBe('DEK_CLAIMED')
    expect(dekCodeOf(() => open(unwrapped(), new Uint8Array(32)))).toBe('DEK_CLAIMED')
  })

  it.each(PURPOSES)('happens once for a generated one, for %s, whichever handle asks', (purpose) => {
    const dek = generated()
    const other = dek.lease()
    dek.claim(purpose)
    for (const again of PURPOSES) {
      expect(
        dekCodeOf(() => {
          other.claim(again)
        }),
      ).toBe('DEK_CLAIMED')
      expect(
        dekCodeOf(() => {
          dek.claim(again)
        }),
      ).toBe('DEK_CLAIMED')
    }
  })

  it.each(PURPOSES)('happens any number of times for a handle of an unwrapped one, for %s alone', (purpose) => {
    const dek = unwrapped()
    dek.claim(purpose)
    dek.claim(purpose)
    for (const other of PURPOSES.filter((name) => name !== purpose))
      expect(
        dekCodeOf(() => {
          dek.claim(other)
        }),
      ).toBe('DEK_CLAIMED')
  })

  it('of an unwrapped key belongs to the handle: one key serves every purpose side by side', () => {
    const cached = unwrapped()
    for (const purpose of [...PURPOSES, ...PURPOSES.toReversed()]) {
      const handle = cached.lease()
      handle.claim(purpose)
      handle.lease().claim('records')
      handle.destroy()
    }
    expect(dekCodeOf(() => open(cached, new Uint8Array(32)))).toBe('DEK_CLAIMED')
    cached.claim('fields')
  })

  it.each(['record', 'Records', '', undefined, null, 0])(
    'refuses the purpose %o, which would leave the IVs to the caller',
    (purpose) => {
      const dek = generated()
      expect(() => {
        dek.claim(purpose as never)
      }).toThrow(new TypeError('"purpose" expected "records", "envelopes" or "fields"'))
      dek.claim('records')
    },
  )

  it.each([
    ['maxRecords', 0],
    ['maxRecords', -1],
    ['maxRecords', 1.5],
    ['maxRecords', Number.NaN],
    ['maxRecords', Infinity],
    ['maxRecords', 2 ** 32 + 1],
    ['maxRecords', '5'],
    ['maxBytes', 0],
    ['maxBytes', -1],
    ['maxBytes', 0.5],
    ['maxBytes', Number.NaN],
    ['maxBytes', 2 ** 42 + 1],
    ['maxBytes', 5n],
  ])('refuses %s: %s and stays unclaimed', (name, value) => {
    const dek = generated()
    expect(() => {
      dek.claim('records', { [name]: value })
    }).toThrow(new RegExp(`^"${name}" expected a whole number from 1 to \\d+, got`))
    dek.claim('records', { maxRecords: 2 ** 32, maxBytes: 2 ** 42 })
  })
})

describe('a DEK that is claimed for records', () => {
  it('writes the IVs itself, each one more than the last, over all handles', () => {
    const dek = generated()
    dek.claim('records')
    const handles = [dek, dek.lease(), dek.lease()]
    const ivs = Array.from({ length: 30 }, (_, i) =>
      BigInt(`0x${Buffer.from(seal(handles[i % 3]!)).toString('hex', 0, 12)}`),
    )
    for (const [i, iv] of ivs.slice(1).entries()) expect(iv).toBe((ivs[i]! + 1n) % (1n << 96n))
  })

  it('takes no IV from the caller', () => {
    const dek = generated()
    dek.claim('records')
    const slabs = [seal(dek), seal(dek)]
    expect(new Set(slabs.map((slab) => slab.subarray(0, 12).join())).size).toBe(2)
  })

  it('takes no IV from the code of a slab either, which runs in between', () => {
    const dek = generated()
    const opener = unwrapped()
    dek.claim('records')
    opener.claim('records')
    class Meddler extends Uint8Array {
      override set(bytes: Uint8Array, offset?: number): void {
        if (bytes.length === 12) {
          opener.openRegions(new Uint8Array(32), REGION, 1, new Uint8Array(1))
          bytes.fill(7)
        }
        super.set(bytes, offset)
      }
    }
    // The same text under the same IV would be sealed to the same bytes.
    const texts = [1, 2, 3].map(() => {
      const slab = seal(dek, new Meddler(32))
      return Buffer.from(slab.buffer, 12, 4).toString('hex')
    })
    expect(new Set(texts).size).toBe(3)
  })

  it('refuses records past its claim, and seals none of them', () => {
    const dek = generated()
    dek.claim('records', { maxRecords: 3 })
    const slab = new Uint8Array(64)
    const regions = regionsOf([0, 12, 4, 16], [32, 44, 4, 48])
    dek.sealRegions(slab, regions, 2)
    const before = Uint8Array.from(slab)
    expect(
      dekCodeOf(() => {
        dek.lease().sealRegions(slab, regions, 2)
      }),
    ).toBe('DEK_EXHAUSTED')
    expect(slab).toEqual(before)
    dek.sealRegions(slab, regions, 1)
    expect(
      dekCodeOf(() => {
        dek.sealRegions(slab, regions, 1)
      }),
    ).toBe('DEK_EXHAUSTED')
  })

  it('refuses bytes past its claim, and seals none of them', () => {
    const dek = generated()
    dek.claim('records', { maxBytes: 10 })
    const slab = new Uint8Array(32)
    seal(dek, slab)
    seal(dek, slab)
    const before = Uint8Array.from(slab)
    expect(dekCodeOf(() => seal(dek, slab))).toBe('DEK_EXHAUSTED')
    expect(slab).toEqual(before)
    dek.sealRegions(slab, regionsOf([0, 12, 2, 16]), 1)
    dek.sealRegions(slab, regionsOf([0, 12, 0, 16]), 1)
  })

  it('opens what it sealed', () => {
    const dek = generated()
    dek.claim('records')
    expect(open(dek, seal(dek))).toBe(0)
  })
})

describe.each(['envelopes', 'fields'] as const)('a DEK that is claimed for %s', (purpose) => {
  it('seals and opens nothing itself, whichever handle is used', () => {
    const sealing = generated()
    sealing.claim(purpose)
    for (const dek of [sealing, sealing.lease()]) {
      const slab = new Uint8Array(32)
      expect(dekCodeOf(() => seal(dek, slab))).toBe('DEK_CLAIMED')
      expect(slab).toEqual(new Uint8Array(32))
      expect(dekCodeOf(() => open(dek, new Uint8Array(32)))).toBe('DEK_CLAIMED')
    }
    const opening = unwrapped()
    opening.claim(purpose)
    expect(dekCodeOf(() => open(opening, new Uint8Array(32)))).toBe('DEK_CLAIMED')
    expect(dekCodeOf(() => seal(opening))).toBe('DEK_DECRYPT_ONLY')
  })
})

describe('an unwrapped DEK', () => {
  it('opens what the generated one sealed, and never seals', () => {
    const sealing = generated()
    sealing.claim('records')
    const opening = unwrapped()
    expect(dekCodeOf(() => seal(opening))).toBe('DEK_DECRYPT_ONLY')
    opening.claim('records')
    expect(dekCodeOf(() => seal(opening))).toBe('DEK_DECRYPT_ONLY')
    expect(open(opening, seal(sealing))).toBe(0)
  })
})

describe('handles of a DEK', () => {
  const uses: readonly (readonly [string, (dek: Dek) => unknown])[] = [
    [
      'claim',
      (dek) => {
        dek.claim('records')
      },
    ],
    ['sealRegions', (dek) => seal(dek)],
    ['openRegions', (dek) => open(dek, new Uint8Array(32))],
    ['deriveDek', (dek) => dek.deriveDek(new Uint8Array(16), new Uint8Array())],
    ['lease', (dek) => dek.lease()],
  ]

  it.each(uses)('refuse %s after destroy(), and destroy() any number of times', (_, use) => {
    for (const end of [
      (dek: Dek) => {
        dek.destroy()
      },
      (dek: Dek) => {
        dek[Symbol.dispose]()
      },
    ]) {
      const dek = generated()
      end(dek)
      end(dek)
      dek.destroy()
      expect(dekCodeOf(() => use(dek))).toBe('DEK_DESTROYED')
    }
  })

  it('are independent: the key goes with the last one', () => {
    const first = generated()
    const second = first.lease()
    const third = second.lease()
    second.claim('records')
    first.destroy()
    first.destroy()
    const slab = seal(second)
    second.destroy()
    expect(open(third, Uint8Array.from(slab))).toBe(0)
    expect(dekCodeOf(() => seal(second))).toBe('DEK_DESTROYED')
    third.destroy()
    expect(dekCodeOf(() => third.lease())).toBe('DEK_DESTROYED')
  })

  it('of a derived DEK outlive the one that it was derived of', () => {
    const root = generated()
    const derived = root.deriveDek(new Uint8Array(16), new Uint8Array())
    root.destroy()
    derived.claim('records')
    expect(open(derived, seal(derived))).toBe(0)
  })

  it('end with their block', () => {
    let kept: Dek
    {
      using dek = generated()
      kept = dek
    }
    expect(dekCodeOf(() => kept.lease())).toBe('DEK_DESTROYED')
  })
})
