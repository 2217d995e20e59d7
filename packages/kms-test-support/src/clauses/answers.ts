import type { Kms } from '@keyfold/kms-api'

import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'
import { flipBit } from './change-edek.ts'

const DENIED = ['KMS_ACCESS_DENIED'] as const
const OUTAGE = ['KMS_UNAVAILABLE', 'KMS_TIMEOUT'] as const

/** "Not found", "not allowed" and "not reachable" are three different results. */
export const answers: readonly Clause[] = [
  {
    id: 'C19',
    title:
      'resolving what one may not use is KMS_ACCESS_DENIED; otherwise a missing permission looks like a missing key',
    needs: ['deny'],
    async run(context) {
      const { test } = await context.newPair()
      await denied(context, (kms) => kms.resolveKek(test.selectors[0]), 'resolveKek by a denied principal')
    },
    cannot: (context) => declaresNo(context, 'denied'),
  },
  {
    id: 'C20',
    title: 'generating without permission is KMS_ACCESS_DENIED; otherwise producers retry or report a lost key',
    needs: ['deny'],
    async run(context) {
      const { kek } = await context.newPair()
      await denied(context, (kms) => kms.generateDekPair(kek), 'generateDekPair by a denied principal')
    },
    cannot: (context) => declaresNo(context, 'denied'),
  },
  {
    id: 'C21',
    title: 'decrypting without permission is KMS_ACCESS_DENIED; otherwise consumers drop records that are only locked',
    needs: ['deny'],
    async run(context) {
      const { kek, edek } = await context.newPair()
      await denied(context, (kms) => kms.decryptEdek(kek, edek), 'decryptEdek by a denied principal')
    },
    cannot: (context) => declaresNo(context, 'denied'),
  },
  {
    id: 'C22',
    title:
      'an unreachable KMS is a retryable outage for every operation; otherwise an outage is taken for bad data and records are dropped',
    needs: ['outage'],
    async run(context) {
      const { test, kek, edek } = await context.newPair()
      const situation = await context.begin('unreachable')
      const calls: readonly [string, (kms: Kms) => Promise<unknown>][] = [
        ['resolveKek', (kms) => kms.resolveKek(test.selectors[0])],
        ['resolveKek of an unknown name', (kms) => kms.resolveKek(context.newName())],
        ['generateDekPair', (kms) => kms.generateDekPair(kek)],
        ['decryptEdek', (kms) => kms.decryptEdek(kek, edek)],
      ]
      for (const [name, call] of calls) {
        const error = await expectKmsError(
          async () => await call(await context.connect(situation)),
          OUTAGE,
          `${name} of an unreachable KMS`,
        )
        expectThat(error.retryable, `"retryable" expected true for ${name} of an unreachable KMS`)
      }
    },
    cannot: (context) => declaresNo(context, 'unreachable'),
  },
  {
    id: 'C23',
    title: 'a KEK that is made after it was not found is found; otherwise a new topic stays broken until a restart',
    async run(context) {
      const kms = await context.connect()
      const name = context.newName()
      await expectKmsError(() => kms.resolveKek(name), ['KMS_UNKNOWN_ALIAS'], 'resolveKek before the KEK is made')
      const { selectors } = await context.facade.kekManager.create(name)
      await kms.resolveKek(selectors[0])
    },
  },
  {
    id: 'C24',
    title: 'failed calls leave a client as it was; otherwise one bad record breaks all that follow',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const stranger = await context.newKek(kms)
      await outcomeOf(() => kms.resolveKek(context.newName()), 'resolveKek')
      await outcomeOf(() => kms.decryptEdek(kek, flipBit(edek, edek.length * 8 - 1)), 'decryptEdek')
      await outcomeOf(() => kms.decryptEdek(stranger.kek, edek), 'decryptEdek')
      await outcomeOf(() => kms.generateDekPair(kek, { signal: AbortSignal.abort() }), 'generateDekPair')
      const pair = await context.generate(kms, kek)
      const sealed = sealZeros(pair.dek)
      expectThat(
        opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
        'decryptEdek after failures expected the same DEK',
      )
    },
  },
]

async function denied(context: ClauseContext, call: (kms: Kms) => Promise<unknown>, what: string): Promise<void> {
  const situation = await context.begin('denied')
  const error = await expectKmsError(async () => await call(await context.connect(situation)), DENIED, what)
  expectThat(!error.retryable, `"retryable" expected false for ${what}`)
}

/** A facade must not offer what its manifest declares impossible. */
async function declaresNo(context: ClauseContext, name: 'denied' | 'unreachable'): Promise<void> {
  await Promise.resolve()
  expectThat(context.facade[name] === undefined, `the manifest declares that the KMS cannot, and "facade.${name}" can`)
}
