import { Buffer } from 'node:buffer'

import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** Many calls, and many clients, at once. */
export const concurrency: readonly Clause[] = [
  {
    id: 'C54',
    title: '1,000 concurrent calls each get their own answer; otherwise under load records get the keys of others',
    timeoutMs: 180_000,
    async run(context) {
      const kms = await context.connect()
      const keks = await Promise.all([context.newKek(kms), context.newKek(kms), context.newKek(kms)])
      const ready = await Promise.all(
        keks.map(async ({ kek }) => {
          const pair = await context.generate(kms, kek)
          return { edek: pair.edek, sealed: sealZeros(pair.dek) }
        }),
      )
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, i) => {
          const [own, each] = [keks[i % 3], ready[i % 3]]
          if (own === undefined || each === undefined) return
          if (i % 5 === 0)
            expectEqual((await kms.resolveKek(own.test.selectors[0])).id, own.kek.id, 'kek.id under load')
          else if (i % 5 < 3) {
            const pair = await context.generate(kms, own.kek)
            expectEqual(kms.kekOf(pair.edek).id, own.kek.id, 'kek.id of an EDEK made under load')
          } else
            expectThat(
              opensZeros(await context.decrypt(kms, own.kek, each.edek), each.sealed),
              'decryptEdek under load expected the DEK of its own EDEK',
            )
        }),
      )
    },
  },
  {
    id: 'C55',
    title: 'calls that fail among others fail alone; otherwise one bad record rejects a whole batch',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const bad = edek.slice(0, -1)
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          outcomeOf(() => context.decrypt(kms, kek, i % 2 === 0 ? edek : bad), 'decryptEdek'),
        ),
      )
      for (const [i, { failed }] of outcomes.entries()) expectEqual(failed, i % 2 === 1, `failure of call ${i}`)
    },
  },
  {
    id: 'C56',
    title:
      'two clients of one provider do not know each other; otherwise closing one, or its configuration, ends the other',
    async run(context) {
      const [one, two] = [await context.connect(), await context.connect()]
      expectThat(one !== two, 'create expected a client of its own for each call, got the same twice')
      const { kek } = await context.newKek(one)
      const pair = await context.generate(two, kek)
      const sealed = sealZeros(pair.dek)
      await one.close()
      expectThat(
        opensZeros(await context.decrypt(two, kek, pair.edek), sealed),
        'a client expected to work after another was closed',
      )
      expectThat(
        Buffer.compare((await context.generate(two, kek)).edek, pair.edek) !== 0,
        'a new pair expected another EDEK',
      )
    },
  },
]
