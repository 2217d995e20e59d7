import { Buffer } from 'node:buffer'
import { createCipheriv, createHash, hkdfSync } from 'node:crypto'

import type { Dek } from '@keyfold/kms-api'

const IV = 12
const TEXT = 32
const TAG = 16
const REGION = Uint32Array.of(0, IV, TEXT, IV + TEXT)
const SALT = new Uint8Array(16)
const INFO = new Uint8Array()

/**
 * Seals zeros under a zero IV, with a key that is derived for envelopes: what comes out tells DEKs apart without showing the key. Claims the DEK, which
 * its clause owns and never uses for data.
 */
export function sealZeros(dek: Dek): Uint8Array {
  using derived = deriveForEnvelopes(dek)
  const slab = new Uint8Array(IV + TEXT + TAG)
  derived.sealRegions(slab, REGION, 1)
  return slab
}

/** Returns whether a DEK opens what {@link sealZeros} sealed, that is, whether it is the same key. */
export function opensZeros(dek: Dek, sealed: Uint8Array): boolean {
  using derived = deriveForEnvelopes(dek)
  const slab = sealed.slice()
  const status = Uint8Array.of(1)
  const failed = derived.openRegions(slab, REGION, 1, status)
  return failed === 0 && status[0] === 0 && slab.subarray(IV, IV + TEXT).every((byte) => byte === 0)
}

/** Returns what {@link sealZeros} gives for a DEK of these bytes, computed without the DEK. */
export function zerosUnder(key: Uint8Array): Uint8Array {
  const info = Buffer.concat([Buffer.from('keyfold envelopes 1\0'), createHash('sha256').update(INFO).digest()])
  const derived = new Uint8Array(hkdfSync('sha256', key, SALT, info, 32))
  const slab = new Uint8Array(IV + TEXT + TAG)
  const cipher = createCipheriv('aes-256-gcm', derived, slab.subarray(0, IV))
  slab.set(cipher.update(slab.subarray(IV, IV + TEXT)), IV)
  cipher.final()
  slab.set(cipher.getAuthTag(), IV + TEXT)
  return slab
}

/** The same derived key for every DEK of the same bytes, which is what a clause compares; data would need a fresh salt. */
function deriveForEnvelopes(dek: Dek): Dek {
  dek.claim('envelopes')
  const derived = dek.deriveDek(SALT, INFO)
  derived.claim('envelopes')
  return derived
}
