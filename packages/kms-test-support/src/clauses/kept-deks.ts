import { isVersionRejection } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import type { ClauseContext, KekInUse } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

const CALLS = 5
/** The renewal of a token may fall into one try, and counts as a request. */
const TRIES = 3

/** A provider keeps no DEK: only the KMS decides whether one may be used again. */
export const keptDeks: readonly Clause[] = [
  {
    id: 'C102',
    title:
      'an EDEK that was decrypted before does not decrypt when its KEK is disabled; otherwise disabling has no effect',
    needs: ['disable'],
    async run(context) {
      const { test, again } = await decrypted(context)
      await context.facade.kekManager.disable(test)
      await expectKmsError(
        again,
        ['KMS_KEY_UNAVAILABLE'],
        'decryptEdek of a disabled KEK, for an EDEK decrypted before',
      )
      await context.facade.kekManager.enable(test)
      await again()
    },
    cannot: async (context) => {
      await worksOn(context, (test) => context.facade.kekManager.disable(test))
    },
  },
  {
    id: 'C103',
    title:
      'an EDEK that was decrypted before does not decrypt when its KEK is deleted; otherwise deletion has no effect',
    needs: ['delete'],
    async run(context) {
      const { kekManager, manifest } = context.facade
      const { test, again } = await decrypted(context)
      await kekManager.delete(test)
      const code = manifest.cannot['delete-at-once'] === undefined ? 'KMS_UNKNOWN_KEY' : 'KMS_KEY_UNAVAILABLE'
      const what = 'decryptEdek of a deleted KEK, for an EDEK decrypted before,'
      const error = await expectKmsError(again, [code, 'KMS_KEY_UNAVAILABLE'], what)
      // Where an EDEK names a version, a KMS that does not have it says nothing about the KEK.
      expectThat(
        error.code === code || isVersionRejection(error),
        `${what} expected ${code}, or a rejection of the version that the EDEK names, got ${describe(error)}`,
        error,
      )
    },
    cannot: async (context) => {
      await worksOn(context, (test) => context.facade.kekManager.delete(test))
    },
  },
  {
    id: 'C104',
    title: 'each decryptEdek is one request, even of the same EDEK; otherwise keys live on unseen, or the cost doubles',
    async run(context) {
      const { again } = await decrypted(context)
      const counts: number[] = []
      while (counts.length < TRIES && counts.at(-1) !== CALLS) {
        const before = context.facade.requests()
        for (let call = 0; call < CALLS; call++) await again()
        counts.push(context.facade.requests() - before)
      }
      expectThat(
        counts.at(-1) === CALLS,
        `${CALLS} calls of decryptEdek expected exactly ${CALLS} requests, got ${counts.join(', then ')}`,
      )
    },
  },
]

/** Decrypts an EDEK more than once, and returns how to do so again, which checks the DEK. */
async function decrypted(context: ClauseContext): Promise<KekInUse & { readonly again: () => Promise<void> }> {
  const { kms, test, kek, pair } = await context.newPair()
  const sealed = sealZeros(pair.dek)
  const again = async (): Promise<void> => {
    const dek = await context.decrypt(kms, kek, pair.edek)
    expectThat(opensZeros(dek, sealed), 'decryptEdek of an EDEK decrypted before expected the same DEK, got another')
  }
  await again()
  await again()
  return { test, kek, again }
}

/** A KMS that does not enforce the state of a KEK goes on decrypting. */
async function worksOn(context: ClauseContext, change: (test: KekInUse['test']) => Promise<void>): Promise<void> {
  const { test, again } = await decrypted(context)
  await change(test).catch(() => undefined)
  await again()
}
