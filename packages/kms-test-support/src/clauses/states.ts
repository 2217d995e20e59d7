import { isVersionRejection } from '@keyfold/kms-api'

import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

const UNAVAILABLE = ['KMS_KEY_UNAVAILABLE'] as const

/** KEKs that exist and may not be used, and KEKs that are gone. */
export const states: readonly Clause[] = [
  {
    id: 'C74',
    title: 'a disabled KEK is KMS_KEY_UNAVAILABLE for every operation; otherwise disabling a key does not stop its use',
    needs: ['disable'],
    async run(context) {
      const { kms, test, kek, edek } = await context.newPair()
      await context.facade.kekManager.disable(test)
      const calls = [
        ['resolveKek', () => kms.resolveKek(test.selectors[0])],
        ['generateDekPair', () => kms.generateDekPair(kek)],
        ['decryptEdek', () => kms.decryptEdek(kek, edek)],
      ] as const
      for (const [name, call] of calls) {
        const error = await expectKmsError(call, UNAVAILABLE, `${name} of a disabled KEK`)
        // Where versions are disabled, the one that an EDEK names says nothing about the KEK.
        if (name !== 'decryptEdek' || !isVersionRejection(error))
          expectEqual((error as { readonly state?: unknown }).state, 'disabled', `state of the error of ${name}`)
        expectThat(!error.retryable, `"retryable" expected false for ${name} of a disabled KEK`)
      }
      expectThat(await context.facade.kekManager.exists(test), 'a disabled KEK expected to exist')
    },
    cannot: worksOn,
  },
  {
    id: 'C75',
    title: 'a KEK that is enabled again works with its old EDEKs; otherwise disabling a key by mistake loses the data',
    needs: ['disable'],
    async run(context) {
      const { kms, test, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      await context.facade.kekManager.disable(test)
      await expectKmsError(() => kms.decryptEdek(kek, pair.edek), UNAVAILABLE, 'decryptEdek of a disabled KEK')
      await context.facade.kekManager.enable(test)
      await kms.resolveKek(test.selectors[0])
      await context.generate(kms, kek)
      expectThat(
        opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
        'decryptEdek of an enabled KEK expected the same DEK',
      )
    },
    cannot: worksOn,
  },
  {
    id: 'C76',
    title:
      'a deleted KEK resolves no longer and no other KEK notices; otherwise topics share the fate of their neighbours',
    async run(context) {
      const { kms, test } = await context.newPair()
      const other = await context.newKek(kms)
      const pair = await context.generate(kms, other.kek)
      const sealed = sealZeros(pair.dek)
      expectThat(await context.facade.kekManager.exists(test), 'a new KEK expected to exist')
      await context.facade.kekManager.delete(test)
      expectThat(!(await context.facade.kekManager.exists(test)), 'a deleted KEK expected not to exist')
      await expectKmsError(
        () => kms.resolveKek(test.selectors[0]),
        ['KMS_UNKNOWN_ALIAS', 'KMS_KEY_UNAVAILABLE'],
        'resolveKek of a deleted KEK',
      )
      expectThat(
        opensZeros(await context.decrypt(kms, other.kek, pair.edek), sealed),
        'decryptEdek with another KEK expected the same DEK',
      )
    },
  },
]

/** A KMS that cannot disable a KEK, or does not enforce it, rejects the operation, or the KEK keeps working. */
async function worksOn(context: ClauseContext): Promise<void> {
  const { kms, test, kek, pair } = await context.newPair()
  const sealed = sealZeros(pair.dek)
  await context.facade.kekManager.disable(test).catch(() => undefined)
  await context.generate(kms, kek)
  expectThat(
    opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
    'the manifest declares that the KMS cannot disable a KEK, and it did',
  )
}
