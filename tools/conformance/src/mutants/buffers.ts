import type { Kek } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

const shared = new Uint8Array(128)

export const bufferMutants: readonly Mutant[] = [
  {
    name: 'reads its arguments later',
    clause: 'C50',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          await Promise.resolve()
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'reads the reference later',
    clause: 'C50',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          await Promise.resolve()
          return await kms.generateDekPair(kek, options)
        },
      }),
  },
  {
    name: 'wipes the EDEK that it was given',
    clause: 'C51',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = await kms.decryptEdek(kek, edek, options)
          edek.fill(0)
          return dek
        },
      }),
  },
  {
    name: 'writes every EDEK into one buffer',
    clause: 'C52',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          const { dek, edek } = await kms.generateDekPair(kek, options)
          shared.set(edek)
          return { dek, edek: shared.subarray(0, edek.length) }
        },
      }),
  },
  {
    name: 'ignores where a view starts',
    clause: 'C53',
    wrap: (kms) => brokenKms(kms, { kekOf: (edek) => kms.kekOf(new Uint8Array(edek.buffer, 0, edek.length)) }),
  },
  {
    name: 'keeps the current KEK in a field',
    clause: 'C54',
    wrap: (kms) => {
      let current: Kek | undefined
      return brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          current = kek
          await Promise.resolve()
          return await kms.generateDekPair(current, options)
        },
      })
    },
  },
  {
    name: 'lets one failure fail the calls beside it',
    clause: 'C55',
    wrap: (kms) => {
      let failure: unknown
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = await kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            failure ??= error
            throw error
          })
          if (failure !== undefined) throw failure as Error
          return dek
        },
      })
    },
  },
  {
    name: 'makes one client for all',
    clause: 'C56',
    facade: ({ provider }) => {
      let only: ReturnType<typeof provider.create> | undefined
      return { provider: { ...provider, create: (config, context) => (only ??= provider.create(config, context)) } }
    },
  },
]
