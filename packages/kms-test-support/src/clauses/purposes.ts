import { isDekError, type Dek, type DekPurpose } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import type { Clause } from '../clause/clause.ts'
import { expectDekError } from '../deks/expect-dek-error.ts'

const REGION = Uint32Array.of(0, 12, 32, 44)
const SALT = new Uint8Array(16)
const PURPOSES: readonly DekPurpose[] = ['records', 'envelopes', 'fields']

/** What a DEK is used for. */
export const purposes: readonly Clause[] = [
  {
    id: 'C98',
    title:
      'what is sealed for one purpose opens for no other; otherwise a part of an envelope, moved into a record with its EDEK, is read as the record',
    async run(context) {
      const { kms, kek } = await context.newPair()
      for (const purpose of PURPOSES) {
        const { dek, edek } = await context.generate(kms, kek)
        const slab = new Uint8Array(60)
        cipherOf(dek, purpose).sealRegions(slab, REGION, 1)
        for (const other of PURPOSES) {
          const opening = cipherOf(await context.decrypt(kms, kek, edek), other)
          const failed = opening.openRegions(slab.slice(), REGION, 1, new Uint8Array(1))
          expectEqual(failed, other === purpose ? 0 : 1, `regions sealed for ${purpose} that fail to open for ${other}`)
        }
      }
    },
  },
  {
    id: 'C99',
    title:
      'an unwrapped DEK is claimed by each handle for itself, and a generated one once; otherwise a record that carries the EDEK of an envelope blocks both',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const handles = [await context.decrypt(kms, kek, pair.edek)]
      for (const purpose of [...PURPOSES, ...PURPOSES]) {
        const handle = handles.length % 2 === 0 ? handles[0]?.lease() : await context.decrypt(kms, kek, pair.edek)
        expectThat(handle !== undefined, 'a handle expected to be leased')
        handles.push(handle)
        claim(handle, purpose)
      }
      for (const purpose of ['envelopes', 'fields'] as const) {
        const { dek } = await context.generate(kms, kek)
        claim(dek, purpose)
        expectDekError(
          () => {
            dek.sealRegions(new Uint8Array(60), REGION, 1)
          },
          'DEK_CLAIMED',
          `sealing with a DEK that is claimed for ${purpose}`,
        )
        for (const again of PURPOSES)
          expectDekError(
            () => {
              dek.lease().claim(again)
            },
            'DEK_CLAIMED',
            'claiming a generated DEK again',
          )
      }
    },
  },
]

/** The handle that seals and opens for a purpose: the DEK itself for records, one that is derived of it for anything else. */
function cipherOf(dek: Dek, purpose: DekPurpose): Dek {
  dek.claim(purpose)
  if (purpose === 'records') return dek
  const derived = dek.deriveDek(SALT, new Uint8Array())
  derived.claim(purpose)
  return derived
}

function claim(dek: Dek, purpose: DekPurpose): void {
  try {
    dek.claim(purpose)
  } catch (error) {
    expectThat(
      !isDekError(error),
      `a handle of its own expected to be claimed for ${purpose}, got ${describe(error)}`,
      error,
    )
    throw error
  }
}
