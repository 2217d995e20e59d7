import { isKmsError, sameKek, type Kek, type KekHint } from '@keyfold/kms-api'

import { ClauseError } from '../assertions/clause-error.ts'
import { describe } from '../assertions/describe.ts'
import { expectThrown } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import type { Clause } from '../clause/clause.ts'
import { seededBytes, seededRandom } from '../clause/random.ts'

/** Reading which KEK an EDEK names. */
export const kekOf: readonly Clause[] = [
  {
    id: 'C25',
    title: 'kekOf names the KEK that wrapped the EDEK; otherwise trust is decided about another key',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      expectThat(sameKek(kms.kekOf(edek), kek), 'kekOf expected the provider and id that resolveKek gave')
      expectThat(kms.kekOf(edek).wrapping === kek.wrapping, 'kekOf expected the wrapping that resolveKek gave')
    },
  },
  {
    id: 'C26',
    title: 'kekOf answers at once and asks nobody; otherwise any record makes us send requests before it is trusted',
    async run(context) {
      const { kms, edek } = await context.newPair()
      await context.withoutRequest('kekOf', async () => {
        const kek: unknown = kms.kekOf(edek)
        expectThat(
          typeof kek === 'object' && kek !== null && !('then' in kek),
          'kekOf expected a reference, got a promise',
        )
        expectThrown(() => kms.kekOf(new Uint8Array(0)), 'KMS_INVALID_EDEK', 'kekOf of no bytes')
        // A request that was only started is counted a little later.
        await new Promise((resolve) => setTimeout(resolve, 50))
      })
    },
  },
  {
    id: 'C27',
    title:
      'kekOf refuses what is no EDEK with KMS_INVALID_EDEK and nothing else; otherwise a malformed record stops a consumer',
    async run(context) {
      const { kms, edek } = await context.newPair()
      for (const short of [0, 1, 2, 3])
        expectThrown(() => kms.kekOf(edek.slice(0, short)), 'KMS_INVALID_EDEK', `kekOf of the first ${short} bytes`)
      const random = seededRandom(27)
      for (let i = 0; i < 2_000; i++) {
        const garbage = seededBytes(random, random() % 300)
        // Half of them start as a real one does, so that the checks behind the first ones are reached.
        if (i % 2 === 0) garbage.set(edek.subarray(0, Math.min(garbage.length, random() % edek.length)))
        try {
          kms.kekOf(garbage)
        } catch (error) {
          expectThat(
            isKmsError(error, 'KMS_INVALID_EDEK'),
            `kekOf of garbage expected KMS_INVALID_EDEK, got ${describe(error)}`,
            error,
          )
        }
      }
    },
  },
  {
    id: 'C28',
    title: 'kekOf refuses what are no bytes with a TypeError; otherwise a fault of the program looks like a bad record',
    async run(context) {
      const { kms } = await context.newPair()
      const read = kms.kekOf.bind(kms) as (edek: unknown) => unknown
      for (const wrong of [undefined, null, 'text', 7, {}, [1, 2], new ArrayBuffer(8)]) {
        try {
          read(wrong)
        } catch (error) {
          expectThat(
            error instanceof TypeError,
            `kekOf of ${describe(wrong)} expected a TypeError, got ${describe(error)}`,
            error,
          )
          continue
        }
        throw new ClauseError(`kekOf of ${describe(wrong)} expected a TypeError, got success`)
      }
    },
  },
  {
    id: 'C29',
    title:
      'readEdek of the provider, where there is one, agrees with kekOf and never throws; otherwise tools show another key than is used',
    async run(context) {
      const { edek, kek } = await context.newPair()
      const { provider } = context.facade
      await context.withoutRequest('readEdek', () => {
        if (provider.readEdek === undefined) return
        const read = provider.readEdek(edek)
        expectThat(read !== undefined && isHintOf(read, kek), 'readEdek expected the KEK that resolveKek gave')
        const random = seededRandom(29)
        for (let i = 0; i < 500; i++) provider.readEdek(seededBytes(random, random() % 200))
        expectThat(provider.readEdek(new Uint8Array(0)) === undefined, 'readEdek of no bytes expected undefined')
      })
    },
  },
]

/** A hint holds the id, or a name where the rest of the id is configuration. */
function isHintOf({ provider, id, name }: KekHint, kek: Kek): boolean {
  return provider === kek.provider && (id === undefined ? name !== undefined && kek.id.includes(name) : id === kek.id)
}
