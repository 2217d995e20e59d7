import { KeyUnavailableError, type Dek, type Kek, type Kms } from '@keyfold/kms-api'

import { brokenKms, hex } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

const DETAILS = { provider: 'inmemory', operation: 'decryptEdek' } as const

/** Refuses EDEKs that are more than `kept` versions old. One map for all clients, as a server would have it. */
function forgetting(kms: Kms, kept: number): Kms {
  const versions = new Map<string, number>()
  const newest = async (kek: Kek): Promise<number> => Number((await kms.resolveKek(kek.id)).version)
  return brokenKms(kms, {
    generateDekPair: async (kek, options) => {
      const pair = await kms.generateDekPair(kek, options)
      versions.set(hex(pair.edek), await newest(kek))
      return pair
    },
    decryptEdek: async (kek, edek, options) => {
      const version = versions.get(hex(edek))
      if (version !== undefined && (await newest(kek)) - version > kept)
        throw new KeyUnavailableError('too-old', DETAILS)
      return await kms.decryptEdek(kek, edek, options)
    },
  })
}

export const versionMutants: readonly Mutant[] = [
  { name: 'reads the newest version only', clause: 'C05', wrap: (kms) => forgetting(kms, 0) },
  {
    name: 'says version 1 for ever',
    clause: 'C71',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) =>
          Object.freeze({ ...(await kms.resolveKek(selector, options)), version: '1' }),
      }),
  },
  {
    name: 'refuses references from before a rotation',
    clause: 'C72',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          if (kek.version !== (await kms.resolveKek(kek.id)).version) throw new KeyUnavailableError('too-old', DETAILS)
          return await kms.generateDekPair(kek, options)
        },
      }),
  },
  { name: 'keeps two versions', clause: 'C73', wrap: (kms) => forgetting(kms, 1) },
  {
    name: 'decrypts from memory what a disabled KEK would refuse',
    clause: 'C74',
    wrap: (kms) => {
      const known = new Map<string, Dek>()
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const pair = await kms.generateDekPair(kek, options)
          known.set(hex(pair.edek), await kms.decryptEdek(kek, pair.edek, options))
          return pair
        },
        decryptEdek: async (kek, edek, options) =>
          known.get(hex(edek))?.lease() ?? (await kms.decryptEdek(kek, edek, options)),
      })
    },
  },
  {
    name: 'remembers that a KEK was disabled',
    clause: 'C75',
    wrap: (kms) => {
      let disabled: unknown
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          if (disabled !== undefined) throw disabled as Error
          return await kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            if (error instanceof KeyUnavailableError) disabled = error
            throw error
          })
        },
      })
    },
  },
  {
    name: 'resolves for ever what it once found',
    clause: 'C76',
    wrap: (kms) => {
      const found = new Map<string, Kek>()
      return brokenKms(kms, {
        resolveKek: async (selector, options) => {
          const kek = found.get(selector) ?? (await kms.resolveKek(selector, options))
          found.set(selector, kek)
          return kek
        },
      })
    },
  },
]
