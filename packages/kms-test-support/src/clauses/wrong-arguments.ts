import { isKmsError, type Edek, type Kek } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectTypeError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { Clause } from '../clause/clause.ts'

/** Arguments that a compiler would have rejected. */
export const wrongArguments: readonly Clause[] = [
  {
    id: 'C84',
    title:
      'no asynchronous method throws synchronously, whatever it is given; otherwise "catch" misses the failure and the process ends',
    async run(context) {
      const kms = await context.connect()
      const methods = [
        kms.resolveKek.bind(kms),
        kms.generateDekPair.bind(kms),
        kms.decryptEdek.bind(kms),
      ] as unknown as readonly ((...given: unknown[]) => Promise<unknown>)[]
      for (const method of methods) {
        for (const given of [
          [],
          [undefined],
          [null, null],
          [7, 7, {}],
          ['', '', {}],
          [{}, {}],
          [{}, new Uint8Array(3)],
        ]) {
          const outcome = await outcomeOf(() => method(...given), 'a call with wrong arguments')
          expectThat(outcome.failed, 'a call with wrong arguments expected to reject, got success')
        }
      }
      await kms.close()
      for (const method of methods) await outcomeOf(() => method(), 'a call after close')
    },
  },
  {
    id: 'C85',
    title: 'a reference that is none is a TypeError without a request; otherwise "undefined" is asked for as a key',
    async run(context) {
      const { kms, edek } = await context.newPair()
      const wrong: readonly unknown[] = [
        undefined,
        null,
        'kek',
        7,
        {},
        { provider: 'x', id: 7, wrapping: 'authenticated' },
        [],
      ]
      await context.withoutRequest('a reference that is none', async () => {
        for (const kek of wrong) {
          await expectTypeError(() => kms.generateDekPair(kek as Kek), `generateDekPair with ${describe(kek)}`)
          await expectTypeError(() => kms.decryptEdek(kek as Kek, edek), `decryptEdek with ${describe(kek)}`)
        }
      })
    },
  },
  {
    id: 'C86',
    title:
      'an EDEK that is no bytes is a TypeError without a request; otherwise a fault of the program looks like a bad record',
    async run(context) {
      const { kms, kek } = await context.newPair()
      await context.withoutRequest('an EDEK that is no bytes', async () => {
        for (const edek of [undefined, null, 'text', 7, {}, [1, 2, 3], new ArrayBuffer(8)]) {
          await expectTypeError(() => kms.decryptEdek(kek, edek as Edek), `decryptEdek of ${describe(edek)}`)
        }
      })
    },
  },
  {
    id: 'C87',
    title: 'a reference of another provider is refused for good; otherwise a key of the same name elsewhere is used',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const foreign: Kek = { ...kek, provider: 'kf-other' }
      const outcomes = [
        await outcomeOf(() => kms.generateDekPair(foreign), 'generateDekPair with a foreign reference'),
        await outcomeOf(() => kms.decryptEdek(foreign, edek), 'decryptEdek with a foreign reference'),
      ]
      for (const { failed, error } of outcomes) {
        expectThat(failed, 'a reference of another provider expected to be refused, got success')
        expectThat(
          error instanceof TypeError || (isKmsError(error) && !error.retryable),
          `a reference of another provider expected an error that is not retryable, got ${describe(error)}`,
          error,
        )
      }
    },
  },
]
