import { createHash, randomBytes } from 'node:crypto'

import { createDek, type Kek } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import { forgeEdek } from '../in-memory/forge-edek.ts'
import type { Mutant } from './mutant.ts'

/** Wraps every DEK with the IV that `source` returns; a source is made for each client. */
function wrappingWith(name: string, source: () => (kek: Kek) => Uint8Array): Mutant {
  return {
    name,
    clause: 'C106',
    wrap: (kms, world) => {
      const iv = source()
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const right = await kms.generateDekPair(kek, options)
          const key = world.bytesOf(kek.id)
          if (key === undefined || options?.encryptionContext !== undefined) return right
          right.dek.destroy()
          const bytes = new Uint8Array(randomBytes(32))
          const edek = forgeEdek(kek.id, key, bytes, iv(kek))
          return { dek: createDek(bytes, 'generated'), edek }
        },
      })
    },
  }
}

const counting = () => {
  let count = 0
  return () => new Uint8Array(new Uint32Array([0, 0, count++]).buffer)
}

export const ivMutants: readonly Mutant[] = [
  wrappingWith('wraps with an IV of zeros', () => () => new Uint8Array(12)),
  wrappingWith(
    'wraps with an IV that follows from the KEK',
    () =>
      ({ id }) =>
        new Uint8Array(createHash('sha256').update(id).digest().subarray(0, 12)),
  ),
  wrappingWith('counts IVs from the start of each client', counting),
  wrappingWith('wraps with one of eight IVs', () => {
    const next = counting()
    return () => next().map((byte) => byte & 7)
  }),
]
