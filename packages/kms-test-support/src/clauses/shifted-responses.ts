import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

import type { DekPair, Kek, Kms, KmsCallOptions } from '@keyfold/kms-api'

import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

const CALLS = 8
/** Aborts hit a call before its request is sent, while it waits, and while its response is read. */
const MOMENTS: readonly (() => Promise<unknown>)[] = [
  () => Promise.resolve(),
  () => setImmediate(),
  () => sleep(1),
  () => sleep(3),
  () => sleep(10),
]

/** Starts call number `i`, and returns a check of its result. */
type Checked = (i: number, options: KmsCallOptions) => Promise<void>

/** Responses that reach another caller after an abort. */
export const shiftedResponses: readonly Clause[] = [
  {
    id: 'C105',
    title:
      "no call receives another's response after concurrent calls are aborted; otherwise records get the keys of others",
    async run(context) {
      const { kms } = await context.newPair()
      for (const [name, check] of await operations(context, kms)) {
        for (const moment of MOMENTS) {
          for (const aborted of [0, 1]) {
            const controller = new AbortController()
            const running = Array.from({ length: CALLS }, (_, i) =>
              i % 2 === aborted ? outcomeOf(() => check(i, { signal: controller.signal }), name) : check(i, {}),
            )
            await moment()
            controller.abort(new Error('not wanted any more'))
            await Promise.all(running)
            // A response that came too late must not be taken for that of the next call.
            for (let i = 0; i < CALLS; i++) await check(i, {})
          }
        }
      }
    },
  },
]

async function operations(context: ClauseContext, kms: Kms): Promise<readonly (readonly [string, Checked])[]> {
  const keks: { readonly selector: string; readonly kek: Kek; readonly pair: DekPair; readonly sealed: Uint8Array }[] =
    []
  for (let i = 0; i < CALLS; i++) {
    // EDEKs of one KEK and of several.
    const { test, kek } =
      i < CALLS / 2 || keks[0] === undefined ? await context.newKek(kms) : { test: undefined, kek: keks[0].kek }
    const pair = await context.generate(kms, kek)
    keks.push({ selector: test?.selectors[0] ?? keks[0]?.selector ?? '', kek, pair, sealed: sealZeros(pair.dek) })
  }
  const at = (i: number) => {
    const found = keks[i]
    expectThat(found !== undefined, `"i" expected less than ${CALLS}`)
    return found
  }
  return [
    [
      'resolveKek',
      async (i, options) => {
        const { id } = await kms.resolveKek(at(i).selector, options)
        expectThat(id === at(i).kek.id, "resolveKek after aborts expected the KEK of its selector, got another's")
      },
    ],
    [
      'decryptEdek',
      async (i, options) => {
        const dek = await context.decrypt(kms, at(i).kek, at(i).pair.edek, options)
        expectThat(
          opensZeros(dek, at(i).sealed),
          "decryptEdek after aborts expected the DEK of its EDEK, got another's",
        )
      },
    ],
    [
      'generateDekPair',
      async (i, options) => {
        const { dek, edek } = await context.generate(kms, at(i).kek, options)
        expectEqual(kms.kekOf(edek).id, at(i).kek.id, 'the KEK of an EDEK generated after aborts')
        expectThat(
          opensZeros(await context.decrypt(kms, at(i).kek, edek), sealZeros(dek)),
          'generateDekPair after aborts expected a DEK and its own EDEK, got those of two calls',
        )
      },
    ],
  ]
}
