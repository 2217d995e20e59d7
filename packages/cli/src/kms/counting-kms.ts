import type { Kms } from '@keyfold/kms-api'

/** Calls that reached the provider, by operation, failed ones included. */
export interface KmsCallCounts {
  readonly resolveKek: number
  readonly generateDekPair: number
  readonly decryptEdek: number
  readonly health: number
}

/** The counters of {@link countingKms}. */
export interface KmsCounter {
  readonly kms: Kms
  readonly calls: KmsCallCounts
  /** The number of DEKs that the provider generated. */
  readonly deksGenerated: () => number
}

/** Counts the calls to a provider's `Kms`. Below the caches, so that it sees the calls of the provider. */
export function countingKms(kms: Kms): KmsCounter {
  const calls = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }
  let deks = 0
  const counted: Kms = {
    resolveKek: (kekSelector, options) => {
      calls.resolveKek += 1
      return kms.resolveKek(kekSelector, options)
    },
    generateDekPair: async (kek, options) => {
      calls.generateDekPair += 1
      const pair = await kms.generateDekPair(kek, options)
      deks += 1
      return pair
    },
    decryptEdek: (kek, edek, options) => {
      calls.decryptEdek += 1
      return kms.decryptEdek(kek, edek, options)
    },
    kekOf: (edek) => kms.kekOf(edek),
    ...(kms.health && {
      health: () => {
        calls.health += 1
        return kms.health?.() ?? Promise.resolve({ status: 'ok' as const })
      },
    }),
    close: () => kms.close(),
    [Symbol.asyncDispose]: () => kms.close(),
  }
  return { kms: counted, calls, deksGenerated: () => deks }
}
