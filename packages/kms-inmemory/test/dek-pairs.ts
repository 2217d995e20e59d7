import type { Dek, Kms } from '@keyfold/kms-api'

import { createInMemoryKms, type InMemoryKmsAdmin } from '../src/index.ts'

export const ID = '00112233-4455-6677-8899-aabbccddeeff'
export const OTHER_ID = 'ffeeddcc-bbaa-9988-7766-554433221100'

/** A KMS with two KEKs, `payments` and `salaries`. */
export function twoKeks(): { kms: Kms; admin: InMemoryKmsAdmin } {
  return createInMemoryKms({
    insecure: 'test-only',
    keks: [
      { id: ID, alias: 'payments' },
      { id: OTHER_ID, alias: 'salaries' },
    ],
  })
}

/** Says whether the two are handles of one key: what the first seals the second opens. Claims the unwrapped one. */
export function isSameKey(generated: Dek, unwrapped: Dek): boolean {
  const regions = Uint32Array.of(0, 12, 4, 16)
  const slab = new Uint8Array(32)
  generated.sealRegions(slab, regions, 1)
  unwrapped.claim('records')
  return unwrapped.openRegions(slab, regions, 1, new Uint8Array(1)) === 0
}
