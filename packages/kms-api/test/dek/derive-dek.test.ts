import { Buffer } from 'node:buffer'
import { createDecipheriv, createHash, createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { Dek } from '../../src/index.ts'
import { dekCodeOf, generated, KEY, regionsOf, text, unwrapped } from './support.ts'

const SALT = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i)
const INFO = text('keyfold test')

/** The info that the contract documents, with the label of its purpose. */
const labelled = (purpose: string, info: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`keyfold ${purpose} 1\0`), createHash('sha256').update(info).digest()])

/** HKDF by the letter of RFC 5869, for outputs of one hash. */
function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, purpose?: string): Uint8Array {
  const pseudorandom = createHmac('sha256', salt).update(key).digest()
  return createHmac('sha256', pseudorandom)
    .update(purpose === undefined ? info : labelled(purpose, info))
    .update(Uint8Array.of(1))
    .digest()
}

const PURPOSES = ['records', 'envelopes', 'fields'] as const
const REGION = regionsOf([0, 12, 4, 16])

const claimOf = (dek: Dek, purpose: (typeof PURPOSES)[number]): string | undefined =>
  dekCodeOf(() => {
    dek.claim(purpose)
  })

function claimed(dek: Dek, purpose: (typeof PURPOSES)[number]): Dek {
  dek.claim(purpose)
  return dek
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
  ])('gives the key of RFC 5869 of %s, with the label of the purpose in front of the info', (_, salt, info) => {
    for (const purpose of ['envelopes', 'fields'] as const) {
      const derived = (): Dek => {
        const dek = generated()
        dek.claim(purpose)
        return dek.deriveDek(salt, info)
      }
      expect(isKeyOf(derived(), hkdf(KEY, salt, info, purpose))).toBe(true)
      expect(isKeyOf(derived(), hkdf(KEY, salt, info))).toBe(false)
      expect(isKeyOf(derived(), KEY)).toBe(false)
    }
    expect(isKeyOf(generated().deriveDek(salt, info), hkdf(KEY, salt, info, 'envelopes'))).toBe(true)
    expect(isKeyOf(generated().deriveDek(salt, info), hkdf(KEY, salt, info, 'fields'))).toBe(false)
  })

  it('depends on key, salt and info', () => {
    const expected = hkdf(KEY, SALT, INFO, 'envelopes')
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
    expect(claimOf(deriving, 'records')).toBe('DEK_CLAIMED')
    expect(claimOf(deriving, 'fields')).toBe('DEK_CLAIMED')
    deriving.deriveDek(SALT.toReversed(), INFO)
  })

  it('claims a generated DEK for envelopes, whichever handle is asked', () => {
    const dek = generated()
    const other = dek.lease()
    dek.deriveDek(SALT, INFO)
    for (const purpose of PURPOSES) expect(claimOf(other, purpose)).toBe('DEK_CLAIMED')
  })

  it.each([generated, unwrapped])('stops at one step: what was derived derives nothing', (make) => {
    const derived = make().deriveDek(SALT, INFO)
    expect(dekCodeOf(() => derived.deriveDek(SALT, INFO))).toBe('DEK_CLAIMED')
    derived.claim('envelopes')
    expect(dekCodeOf(() => derived.deriveDek(SALT, INFO))).toBe('DEK_CLAIMED')
  })

  it.each([generated, unwrapped])('gives a DEK that must be claimed, and not for a purpose of another kind', (make) => {
    const root = make()
    root.claim('fields')
    const derived = root.deriveDek(SALT, INFO)
    expect(dekCodeOf(() => derived.openRegions(new Uint8Array(32), REGION, 1, new Uint8Array(1)))).toBe('DEK_CLAIMED')
    expect(claimOf(derived, 'envelopes')).toBe('DEK_CLAIMED')
    expect(claimOf(derived, 'fields')).toBeUndefined()
    expect(claimOf(make().deriveDek(SALT, INFO), 'fields')).toBe('DEK_CLAIMED')
  })

  it('leaves the IVs to the caller for an envelope, and to the counter for fields', () => {
    const iv = Uint8Array.from({ length: 12 }, (_, i) => 100 + i)
    const sealedUnder = (purpose: 'envelopes' | 'fields'): Uint8Array[] => {
      const root = generated()
      root.claim(purpose)
      const dek = root.deriveDek(SALT, INFO)
      dek.claim(purpose)
      return [0, 1].map(() => {
        const slab = new Uint8Array(32)
        slab.set(iv)
        dek.sealRegions(slab, REGION, 1)
        return slab
      })
    }
    const [envelope, again] = sealedUnder('envelopes')
    expect(envelope).toEqual(again)
    expect(envelope!.subarray(0, 12)).toEqual(iv)
    const [first, second] = sealedUnder('fields').map((slab) => BigInt(`0x${Buffer.from(slab).toString('hex', 0, 12)}`))
    expect(second).toBe((first! + 1n) % (1n << 96n))
  })

  it('gives one key one counter and one claim, however often it is derived', () => {
    const root = generated()
    root.claim('fields')
    const [one, two] = [root.deriveDek(SALT, INFO), root.lease().deriveDek(SALT, INFO)]
    one.claim('fields')
    for (const purpose of PURPOSES) expect(claimOf(two, purpose)).toBe('DEK_CLAIMED')
    const ivs = [one, two, one].map((dek) => {
      const slab = new Uint8Array(32)
      dek.sealRegions(slab, REGION, 1)
      return BigInt(`0x${Buffer.from(slab).toString('hex', 0, 12)}`)
    })
    expect([ivs[1], ivs[2]]).toEqual([(ivs[0]! + 1n) % (1n << 96n), (ivs[0]! + 2n) % (1n << 96n)])
    one.destroy()
    two.destroy()
    const anew = root.deriveDek(SALT, INFO)
    expect(claimOf(anew, 'fields')).toBeUndefined()
    expect(claimOf(root.deriveDek(SALT, text('another')), 'fields')).toBeUndefined()
    expect(claimOf(root.deriveDek(SALT.toReversed(), INFO), 'fields')).toBeUndefined()
  })

  it.each(PURPOSES)('separates %s from every other purpose by the key', (sealedFor) => {
    // The same key, salt and info, in every role that a DEK of one EDEK can have.
    const roles = (make: () => Dek): Record<(typeof PURPOSES)[number], () => Dek> => ({
      records: () => claimed(make(), 'records'),
      envelopes: () => claimed(claimed(make(), 'envelopes').deriveDek(SALT, INFO), 'envelopes'),
      fields: () => claimed(claimed(make(), 'fields').deriveDek(SALT, INFO), 'fields'),
    })
    const slab = new Uint8Array(32)
    roles(generated)[sealedFor]().sealRegions(slab, REGION, 1)
    for (const purpose of PURPOSES) {
      const failed = roles(unwrapped)[purpose]().openRegions(slab.slice(), REGION, 1, new Uint8Array(1))
      expect(failed, `${sealedFor} opened as ${purpose}`).toBe(purpose === sealedFor ? 0 : 1)
    }
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
