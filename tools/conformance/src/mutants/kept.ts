import { isKmsError, UnknownKeyError, type Dek, type Kek, type Kms } from '@keyfold/kms-api'

import { brokenKms, hex } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

/** Keeps every DEK, and returns it again if `mayUse` resolves. */
function keeping(kms: Kms, mayUse: (kek: Kek) => Promise<unknown>): Kms {
  const kept = new Map<string, Dek>()
  return brokenKms(kms, {
    decryptEdek: async (kek, edek, options) => {
      const key = hex(edek)
      const before = kept.get(key)
      if (before !== undefined && kms.kekOf(edek).id === kek.id && options === undefined) {
        await mayUse(kek)
        return before.lease()
      }
      const dek = await kms.decryptEdek(kek, edek, options)
      if (options === undefined) kept.set(key, dek.lease())
      return dek
    },
  })
}

export const keptMutants: readonly Mutant[] = [
  {
    name: 'keeps DEKs, and asks only whether their KEK exists',
    clause: 'C102',
    wrap: (kms) =>
      keeping(kms, async (kek) => {
        try {
          await kms.resolveKek(kek.id)
        } catch (error) {
          if (isKmsError(error, 'KMS_KEY_UNAVAILABLE')) return
          throw new UnknownKeyError({ provider: 'inmemory', operation: 'decryptEdek' })
        }
      }),
  },
  {
    name: 'keeps DEKs, and asks only whether their KEK is disabled',
    clause: 'C103',
    wrap: (kms) =>
      keeping(kms, async (kek) => {
        try {
          await kms.resolveKek(kek.id)
        } catch (error) {
          if (!isKmsError(error, 'KMS_UNKNOWN_ALIAS')) throw error
        }
      }),
  },
  { name: 'keeps DEKs without asking', clause: 'C104', wrap: (kms) => keeping(kms, () => Promise.resolve()) },
  {
    name: 'keeps each DEK for one more call',
    clause: 'C104',
    wrap: (kms) => {
      const kept = new Map<string, Dek>()
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const key = hex(edek)
          const before = kept.get(key)
          kept.delete(key)
          if (before !== undefined && options === undefined && kms.kekOf(edek).id === kek.id) return before
          const dek = await kms.decryptEdek(kek, edek, options)
          if (options === undefined) kept.set(key, dek.lease())
          return dek
        },
      })
    },
  },
  {
    name: 'resolves the KEK before each decryption',
    clause: 'C104',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          // Only where decrypting is worth a request.
          if (kms.kekOf(edek).id === kek.id && options === undefined)
            await kms.resolveKek(kek.id).catch(() => undefined)
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
]
