import { Buffer } from 'node:buffer'
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { Dek } from '../../src/index.ts'
import { dekCodeOf, generated, KEY, regionsOf, text, unwrapped } from './support.ts'

const SALT = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i)
const INFO = text('keyfold test')

/** HKDF by the letter of RFC 5869, for outputs of one hash. */
function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const pseudorandom = createHmac('sha256', salt).update(key).digest()
  return createHmac('sha256', pseudorandom).update(info).update(Uint8Array.of(1)).digest()
}

/** Says whether `key` opens what `dek` seals. */
function isKeyOf(dek: Dek, key: Uint8Array): boolean {
  const slab = new Uint8Array(40)
  dek.claim('records')
  dek.sealRegions(slab, regionsOf([0, 12, 12, 24]), 1)
  const decipher = createDecipheriv('aes-256-gcm', key, slab.subarray(0, 12), { authTagLength: 16 })
  decipher.setAuthTag(slab.subarray(24, 40))
  decipher.update(slab.subarray(12, 24))
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}

describe('deriving a DEK', () => {
  it('is HKDF-SHA-256 as in test case 1 of RFC 5869, by the arithmetic that is used here to check it', () => {
    const okm = hkdf(
      new Uint8Array(22).fill(0x0b),
      Buffer.from('000102030405060708090a0b0c', 'hex'),
      Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex'),
    )
    expect(Buffer.from(okm).toString('hex')).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf')
  })

  it.each([
    ['a salt and an info', SALT, INFO],
    ['no info', SALT, new Uint8Array()],
    ['a salt longer than a block', new Uint8Array(200).fill(9), INFO],
    ['the longest info', SALT, new Uint8Array(1_024).fill(7)],
  ])('gives the key of RFC 5869 of %s', (_, salt, info) => {
    const expected = hkdf(KEY, salt, info)
    expect(Buffer.from(hkdfSync('sha256', KEY, salt, info, 32))).toEqual(expected)
    expect(isKeyOf(generated().deriveDek(salt, info), expected)).toBe(true)
    expect(isKeyOf(generated().deriveDek(salt, info), KEY)).toBe(false)
  })

  it('depends on key, salt and info', () => {
    const expected = hkdf(KEY, SALT, INFO)
    expect(isKeyOf(generated().deriveDek(SALT.toReversed(), INFO), expected)).toBe(false)
    expect(isKeyOf(generated().deriveDek(SALT, text('other')), expected)).toBe(false)
    expect(isKeyOf(generated(new Uint8Array(32)).deriveDek(SALT, INFO), expected)).toBe(false)
  })

  it('keeps the origin, so that what was unwrapped never encrypts', () => {
    expect(generated().deriveDek(SALT, INFO).origin).toBe('generated')
    const derived = unwrapped().deriveDek(new Uint8Array(), INFO)
    expect(derived.origin).toBe('unwrapped')
    derived.claim('records')
    expect(
      dekCodeOf(() => {
        derived.sealRegions(new Uint8Array(40), regionsOf([0, 12, 4, 16]), 1)
      }),
    ).toBe('DEK_DECRYPT_ONLY')
  })

  it('opens with the derived unwrapped DEK what the derived generated one sealed', () => {
    const [sealing, opening] = [generated().deriveDek(SALT, INFO), unwrapped().deriveDek(SALT, INFO)]
    sealing.claim('records')
    opening.claim('records')
    const slab = new Uint8Array(40)
    sealing.sealRegions(slab, regionsOf([0, 12, 12, 24]), 1)
    expect(opening.openRegions(slab, regionsOf([0, 12, 12, 24]), 1, new Uint8Array(1))).toBe(0)
  })

  it('gives a DEK with a claim and limits of its own', () => {
    const root = generated()
    root.claim('envelopes', { maxRecords: 1 })
    const derived = root.deriveDek(SALT, INFO)
    derived.claim('records')
    expect(
      dekCodeOf(() => {
        derived.sealRegions(new Uint8Array(64), regionsOf([0, 12, 4, 16], [32, 44, 4, 48]), 2)
      }),
    ).toBeUndefined()
  })

  it.each([generated, unwrapped])('and sealing records never go together, in neither order', (make) => {
    const sealing = make()
    sealing.claim('records')
    expect(dekCodeOf(() => sealing.deriveDek(SALT, INFO))).toBe('DEK_CLAIMED')
    const deriving = make()
    deriving.deriveDek(SALT, INFO)
    expect(
      dekCodeOf(() => {
        deriving.lease().claim('records')
      }),
    ).toBe('DEK_CLAIMED')
    deriving.claim('envelopes')
  })

  it('asks for a salt of 16 bytes from a generated DEK, whose counter would begin anew', () => {
    expect(() => generated().deriveDek(SALT.subarray(1), INFO)).toThrow(
      new RangeError('"salt" expected at least 16 fresh random bytes, got length=15'),
    )
  })

  it('takes an info of at most 1,024 bytes', () => {
    expect(() => unwrapped().deriveDek(SALT, new Uint8Array(1_025))).toThrow(
      new RangeError('"info" expected at most 1024 bytes, got length=1025'),
    )
  })

  it('changes neither salt nor info', () => {
    const [salt, info] = [Uint8Array.from(SALT), Uint8Array.from(INFO)]
    generated().deriveDek(salt, info)
    expect([salt, info]).toEqual([SALT, INFO])
  })
})
