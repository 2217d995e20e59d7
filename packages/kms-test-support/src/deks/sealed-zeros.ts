import { createCipheriv } from 'node:crypto'

import type { Dek } from '@keyfold/kms-api'

const IV = 12
const TEXT = 32
const TAG = 16
const REGION = Uint32Array.of(0, IV, TEXT, IV + TEXT)

/**
 * Seals zeros under a zero IV: what comes out tells DEKs apart without showing the key. Claims the DEK, which its clause owns and never
 * uses for data.
 */
export function sealZeros(dek: Dek): Uint8Array {
  dek.claim('envelopes')
  const slab = new Uint8Array(IV + TEXT + TAG)
  dek.sealRegions(slab, REGION, 1)
  return slab
}

/** Says whether a DEK opens what {@link sealZeros} sealed, that is, whether it is the same key. */
export function opensZeros(dek: Dek, sealed: Uint8Array): boolean {
  dek.claim('envelopes')
  const slab = sealed.slice()
  const status = Uint8Array.of(1)
  const failed = dek.openRegions(slab, REGION, 1, status)
  return failed === 0 && status[0] === 0 && slab.subarray(IV, IV + TEXT).every((byte) => byte === 0)
}

/** What {@link sealZeros} gives for a DEK of these bytes, computed without the DEK. */
export function zerosUnder(key: Uint8Array): Uint8Array {
  const slab = new Uint8Array(IV + TEXT + TAG)
  const cipher = createCipheriv('aes-256-gcm', key, slab.subarray(0, IV))
  slab.set(cipher.update(slab.subarray(IV, IV + TEXT)), IV)
  cipher.final()
  slab.set(cipher.getAuthTag(), IV + TEXT)
  return slab
}
