import { createHash } from 'node:crypto'

import { InvalidEdekError, KmsUnavailableError, sameKek, type Edek, type Kek, type Kms } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import { forgeEdek } from '../in-memory/forge-edek.ts'
import type { InMemoryWorld } from '../in-memory/in-memory-world.ts'
import type { Mutant } from './mutant.ts'
import { unwrapLoosely, type LooseOptions } from './unwrap-loosely.ts'

const DETAILS = { provider: 'inmemory', operation: 'kekOf' } as const

/** Tries again, with less care, what was refused. */
function loosely(kms: Kms, world: InMemoryWorld, options: (kek: Kek, edek: Edek) => LooseOptions | undefined): Kms {
  return brokenKms(kms, {
    decryptEdek: (kek, edek, call) =>
      kms.decryptEdek(kek, edek, call).catch((error: unknown) => {
        const loose =
          edek[0] === 0x80 && edek[1] === 12 && sameKek(kms.kekOf(edek), kek) ? options(kek, edek) : undefined
        const dek = loose === undefined ? undefined : unwrapLoosely(world, kek.id, edek, loose)
        if (dek === undefined) throw error
        return dek
      }),
  })
}

function publicKeyOf(kekId: string): Uint8Array {
  return createHash('sha256').update(kekId).digest()
}

export const edekMutants: readonly Mutant[] = [
  {
    name: 'ignores the KEK when it decrypts',
    clause: 'C30',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (_, edek, options) => await kms.decryptEdek(kms.kekOf(edek), edek, options),
      }),
  },
  {
    name: 'asks the KMS before it refuses a foreign EDEK',
    clause: 'C30',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          await kms.health?.()
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'does not verify the tag',
    clause: 'C31',
    wrap: (kms, world) => loosely(kms, world, () => ({ tagBytes: 0 })),
  },
  {
    name: 'accepts a tag that was cut',
    clause: 'C32',
    wrap: (kms, world) => loosely(kms, world, (_, edek) => ({ tagBytes: Math.min(16, edek.length - 62) })),
  },
  {
    name: 'ignores what stands behind an EDEK',
    clause: 'C33',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) =>
          await kms.decryptEdek(kek, edek.subarray(0, edek[0] === 1 ? 79 : 78), options),
      }),
  },
  {
    name: 'skips blanks before it reads an EDEK',
    clause: 'C34',
    wrap: (kms) =>
      brokenKms(kms, {
        // A byte too many in the middle is taken out again, as a lenient decoder of base64 does.
        decryptEdek: async (kek, edek, options) =>
          await kms.decryptEdek(
            kek,
            edek.length === 79 && edek[0] === 0x80
              ? Uint8Array.of(...edek.subarray(0, 40), ...edek.subarray(41))
              : edek,
            options,
          ),
      }),
  },
  {
    name: 'tries every key of the account',
    clause: 'C35',
    wrap: (kms, world) =>
      brokenKms(kms, {
        decryptEdek: (kek, edek, options) =>
          kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            if (edek[0] !== 0x80 || edek[1] !== 12) throw error
            const deks = world.ids().flatMap((id) => unwrapLoosely(world, id, edek, { tagBytes: 16 }) ?? [])
            if (deks[0] === undefined) throw error
            return deks[0]
          }),
      }),
  },
  {
    name: 'wraps with a key that everybody can compute',
    clause: 'C36',
    wrap: (kms, world) => loosely(kms, world, (kek) => ({ tagBytes: 16, key: publicKeyOf(kek.id) })),
    facade: () => ({ forgeEdek: async (kek) => forgeEdek(kek.id, publicKeyOf(kek.id)) }),
  },
  {
    name: 'asks the KMS about garbage',
    clause: 'C37',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          if (edek.length !== 78 && edek.length !== 79) await kms.health?.()
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'says which part of an EDEK is wrong',
    clause: 'C38',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: (kek, edek, options) =>
          kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            if (error instanceof InvalidEdekError && edek.length === 78 && edek[0] === 0x80)
              error.message = 'the tag of the EDEK does not match'
            throw error
          }),
      }),
  },
  {
    name: 'verifies half of the tag',
    clause: 'C39',
    wrap: (kms, world) => loosely(kms, world, () => ({ tagBytes: 8 })),
  },
  {
    name: 'says "unavailable" for a bad tag',
    clause: 'C31',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: (kek, edek, options) =>
          kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            throw error instanceof InvalidEdekError
              ? new KmsUnavailableError({ ...DETAILS, operation: 'decryptEdek' })
              : error
          }),
      }),
  },
  {
    name: 'names an alias in kekOf',
    clause: 'C25',
    wrap: (kms) => brokenKms(kms, { kekOf: (edek) => ({ ...kms.kekOf(edek), id: 'alias/payments' }) }),
  },
  {
    name: 'asks the KMS in kekOf',
    clause: 'C26',
    wrap: (kms) =>
      brokenKms(kms, {
        kekOf: (edek) => {
          const kek = kms.kekOf(edek)
          void kms.resolveKek(kek.id).catch(() => undefined)
          return kek
        },
      }),
  },
  {
    name: 'lets a RangeError out of its parser',
    clause: 'C27',
    wrap: (kms) =>
      brokenKms(kms, {
        kekOf: (edek) => {
          if (edek.length < 30) throw new RangeError('offset is outside the bounds')
          return kms.kekOf(edek)
        },
      }),
  },
  {
    name: 'takes anything for bytes in kekOf',
    clause: 'C28',
    wrap: (kms) =>
      brokenKms(kms, {
        kekOf: (edek) => {
          if (!(edek instanceof Uint8Array)) throw new InvalidEdekError(DETAILS)
          return kms.kekOf(edek)
        },
      }),
  },
  {
    name: 'throws in readEdek',
    clause: 'C29',
    facade: ({ provider }) => ({
      provider: {
        ...provider,
        readEdek(edek) {
          const kek = provider.readEdek?.(edek)
          if (kek === undefined) throw new InvalidEdekError(DETAILS)
          return kek
        },
      },
    }),
  },
]
