import { randomBytes } from 'node:crypto'

import { createDek, type Dek, type DekPair, type DekPurpose, type Kms } from '@keyfold/kms-api'

import { brokenKms, hex } from '../in-memory/broken-kms.ts'
import { forgeEdek } from '../in-memory/forge-edek.ts'
import type { InMemoryWorld } from '../in-memory/in-memory-world.ts'
import type { Mutant } from './mutant.ts'

/** A DEK that does as another does, but for what is overridden. */
function brokenDek(dek: Dek, overrides: Partial<Dek> & object): Dek {
  return {
    origin: dek.origin,
    claim: (purpose, options) => {
      dek.claim(purpose, options)
    },
    sealRegions: (slab, regions, count) => {
      dek.sealRegions(slab, regions, count)
    },
    openRegions: (slab, regions, count, status) => dek.openRegions(slab, regions, count, status),
    deriveDek: (salt, info) => dek.deriveDek(salt, info),
    lease: () => dek.lease(),
    destroy: () => {
      dek.destroy()
    },
    [Symbol.dispose]: () => {
      dek.destroy()
    },
    ...overrides,
  }
}

/** Generates pairs of DEKs that `make` gives, wrapped as they should be, after one request. */
function generating(kms: Kms, world: InMemoryWorld, make: () => Uint8Array): Kms {
  return brokenKms(kms, {
    generateDekPair: async (kek, options) => {
      const right = await kms.generateDekPair(kek, options)
      const key = world.bytesOf(kek.id)
      if (key === undefined || options?.encryptionContext !== undefined) return right
      right.dek.destroy()
      const bytes = make()
      const edek = forgeEdek(kek.id, key, bytes)
      return { dek: createDek(bytes, 'generated'), edek }
    },
  })
}

export const dekMutants: readonly Mutant[] = [
  {
    name: 'decrypts to another DEK',
    clause: 'C03',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          ;(await kms.decryptEdek(kek, edek, options)).destroy()
          return createDek(new Uint8Array(randomBytes(32)), 'unwrapped')
        },
      }),
  },
  {
    name: 'decrypts only what it wrote itself',
    clause: 'C07',
    wrap: (kms) => {
      const own = new Set<string>()
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const pair = await kms.generateDekPair(kek, options)
          own.add(hex(pair.edek))
          return pair
        },
        decryptEdek: async (kek, edek, options) =>
          await kms.decryptEdek(kek, own.has(hex(edek)) ? edek : edek.slice(1), options),
      })
    },
  },
  {
    name: 'gives unwrapped DEKs that encrypt',
    clause: 'C40',
    wrap: (kms, world) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = await kms.decryptEdek(kek, edek, options)
          return edek[0] === 0x80 ? createDek(new Uint8Array(world.reveal(edek)), 'generated') : dek
        },
      }),
  },
  {
    name: 'returns 16-byte keys',
    clause: 'C41',
    wrap: (kms, world) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          ;(await kms.generateDekPair(kek, options)).dek.destroy()
          const short = new Uint8Array(randomBytes(16))
          return {
            dek: createDek(Uint8Array.of(...short, ...short), 'generated'),
            edek: forgeEdek(kek.id, world.bytesOf(kek.id), short),
          }
        },
      }),
  },
  {
    name: 'fills 16-byte keys up with zeros',
    clause: 'C42',
    wrap: (kms, world) => generating(kms, world, () => Uint8Array.of(...randomBytes(16), ...new Uint8Array(16))),
  },
  {
    name: 'repeats a key of 16 bytes',
    clause: 'C42',
    wrap: (kms, world) =>
      generating(kms, world, () => {
        const half = randomBytes(16)
        return Uint8Array.of(...half, ...half.subarray(0, 4), ...half.subarray(0, 12))
      }),
  },
  {
    name: 'draws keys from a small pool',
    clause: 'C43',
    wrap: (kms, world) => {
      const pool = Array.from({ length: 4_000 }, () => new Uint8Array(randomBytes(32)))
      let at = 0
      return generating(kms, world, () => (pool[at++ % pool.length] ?? new Uint8Array(32)).slice())
    },
  },
  {
    name: 'gives the same DEK twice',
    clause: 'C44',
    wrap: (kms) => {
      const made = new Map<string, Promise<DekPair>>()
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const pair = await (made.get(kek.id) ?? kms.generateDekPair(kek, options))
          made.set(kek.id, Promise.resolve(pair))
          return { dek: pair.dek.lease(), edek: pair.edek.slice() }
        },
      })
    },
  },
  {
    name: 'gives one handle to all',
    clause: 'C45',
    wrap: (kms) => {
      const handles = new Map<string, Dek>()
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = handles.get(hex(edek)) ?? (await kms.decryptEdek(kek, edek, options))
          handles.set(hex(edek), dek)
          return dek
        },
      })
    },
  },
  {
    name: 'does not destroy DEKs',
    clause: 'C46',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) =>
          brokenDek(await kms.decryptEdek(kek, edek, options), { destroy: () => undefined }),
      }),
  },
  {
    name: 'keeps the key in a property',
    clause: 'C47',
    wrap: (kms, world) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const { dek, edek } = await kms.generateDekPair(kek, options)
          return { dek: brokenDek(dek, { bytes: world.reveal(edek) } as object), edek }
        },
      }),
  },
  {
    name: 'shares a generated DEK among concurrent callers',
    clause: 'C48',
    wrap: (kms) => {
      let flight: Promise<DekPair> | undefined
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          flight ??= kms.generateDekPair(kek, options)
          const pair = await flight
          flight = undefined
          return { dek: pair.dek.lease(), edek: pair.edek }
        },
      })
    },
  },
  {
    name: 'passes for decorated, so that no cache is put in front',
    clause: 'C49',
    wrap: (kms) => Object.defineProperty(brokenKms(kms, {}), Symbol.for('@keyfold/kms-api/decorated'), { value: true }),
  },
  {
    name: 'gives DEKs that ignore their purpose',
    clause: 'C98',
    wrap: (kms, world) => {
      // One key for everything: what is derived is the key itself.
      const shared = (edek: Uint8Array, origin: Dek['origin']): Dek => {
        const dek = createDek(new Uint8Array(world.reveal(edek)), origin)
        return brokenDek(dek, {
          claim: () => {
            claimOnce(dek)
          },
          deriveDek: () => shared(edek, origin),
        })
      }
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const { dek, edek } = await kms.generateDekPair(kek, options)
          dek.destroy()
          return { dek: shared(edek, 'generated'), edek }
        },
        decryptEdek: async (kek, edek, options) => {
          ;(await kms.decryptEdek(kek, edek, options)).destroy()
          return shared(edek, 'unwrapped')
        },
      })
    },
  },
  {
    name: 'gives unwrapped DEKs whose claim is that of the key',
    clause: 'C99',
    wrap: (kms) => {
      const claims = new Map<string, DekPurpose>()
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = await kms.decryptEdek(kek, edek, options)
          const oneClaim = (handle: Dek): Dek =>
            brokenDek(handle, {
              claim: (purpose, limits) => {
                const before = claims.get(hex(edek)) ?? purpose
                claims.set(hex(edek), before)
                handle.claim(before, limits)
                if (before !== purpose) handle.claim(purpose, limits)
              },
              lease: () => oneClaim(handle.lease()),
            })
          return oneClaim(dek)
        },
      })
    },
  },
]

function claimOnce(dek: Dek): void {
  dek.claim('records')
}
