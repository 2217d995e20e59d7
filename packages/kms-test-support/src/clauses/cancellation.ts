import { getEventListeners } from 'node:events'

import type { Kms, KmsCallOptions } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import { within } from '../assertions/within.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** The tolerance of a deadline. */
const GRACE_MS = 250
const DEADLINE_MS = 200

type Call = readonly [name: string, call: (kms: Kms, options: KmsCallOptions) => Promise<unknown>]

/** Callers that stop waiting. */
export const cancellation: readonly Clause[] = [
  {
    id: 'C57',
    title:
      'a call with an aborted signal rejects with its reason and sends nothing; otherwise a shut-down keeps asking',
    async run(context) {
      const { kms, calls } = await prepare(context)
      for (const [name, call] of calls) {
        const reason = new Error('not wanted any more')
        await context.withoutRequest(`${name} with an aborted signal`, () =>
          expectReason(
            () => call(kms, { signal: AbortSignal.abort(reason) }),
            reason,
            `${name} with an aborted signal`,
          ),
        )
      }
    },
  },
  {
    id: 'C58',
    title: 'an abort while a call runs rejects it with the reason; otherwise nobody knows why it ended',
    async run(context) {
      const { kms, calls } = await prepare(context)
      for (const [name, call] of calls) {
        const [controller, reason] = [new AbortController(), new Error('not wanted any more')]
        const running = expectReason(
          () => call(kms, { signal: controller.signal }),
          reason,
          `${name} that is aborted at once`,
        )
        controller.abort(reason)
        await running
      }
    },
  },
  {
    id: 'C59',
    title: 'an abort ends the wait for a KMS that does not answer; otherwise a consumer hangs until it is killed',
    needs: ['silence'],
    run: (context) =>
      whileSilent(context, async (name, call) => {
        const [controller, reason] = [new AbortController(), new Error('not wanted any more')]
        const running = expectReason(() => call({ signal: controller.signal }), reason, `${name} of a silent KMS`)
        // The request has to be on its way, and a KMS that is slow has to look like one that is not.
        await new Promise((resolve) => setTimeout(resolve, 100))
        controller.abort(reason)
        await within(GRACE_MS, running, `${name} after an abort`)
      }),
    cannot: declaresNoSilence,
  },
  {
    id: 'C60',
    title: 'a deadline holds while the KMS does not answer; otherwise one slow key stalls a whole partition',
    needs: ['silence'],
    run: (context) =>
      whileSilent(context, async (name, call) => {
        const signal = AbortSignal.timeout(DEADLINE_MS)
        const outcome = await within(
          DEADLINE_MS + GRACE_MS,
          outcomeOf(() => call({ signal }), name),
          `${name} with a deadline of ${DEADLINE_MS} ms`,
        )
        expectThat(
          outcome.failed && outcome.error === signal.reason,
          `${name} expected the deadline's TimeoutError, got ${describe(outcome.error)}`,
          outcome.error,
        )
      }),
    cannot: declaresNoSilence,
  },
  {
    id: 'C61',
    title:
      'an abort after the answer changes nothing, and no listener stays; otherwise a long-lived signal leaks memory or ends later work',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const controller = new AbortController()
      for (let i = 0; i < 20; i++) await context.generate(kms, kek, { signal: controller.signal })
      const dek = await context.decrypt(kms, kek, pair.edek, { signal: controller.signal })
      await outcomeOf(() => kms.decryptEdek(kek, pair.edek.slice(1), { signal: controller.signal }), 'decryptEdek')
      expectEqual(getEventListeners(controller.signal, 'abort').length, 0, 'listeners on a signal after its calls')
      controller.abort(new Error('too late'))
      expectThat(opensZeros(dek, sealed), 'a DEK expected to work after a late abort')
    },
  },
  {
    id: 'C62',
    title: "one caller's abort does not end another's call; otherwise one impatient reader fails all others",
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const [controller, reason] = [new AbortController(), new Error('only this one')]
      const aborted = Array.from({ length: 5 }, () =>
        expectReason(() => kms.decryptEdek(kek, pair.edek, { signal: controller.signal }), reason, 'an aborted call'),
      )
      const others = Array.from({ length: 5 }, () => context.decrypt(kms, kek, pair.edek))
      controller.abort(reason)
      await Promise.all(aborted)
      for (const dek of await Promise.all(others))
        expectThat(opensZeros(dek, sealed), 'a call without a signal expected its DEK')
    },
  },
  {
    id: 'C63',
    title:
      'the reason of an abort arrives as it is, whatever it is; otherwise the caller cannot tell its own abort from a failure',
    async run(context) {
      const { kms, calls } = await prepare(context)
      for (const reason of ['a text', 7, { code: 'mine' }, null]) {
        for (const [name, call] of calls) {
          await expectReason(
            () => call(kms, { signal: AbortSignal.abort(reason) }),
            reason,
            `${name} with an aborted signal`,
          )
        }
      }
    },
  },
]

async function prepare(context: ClauseContext): Promise<{ readonly kms: Kms; readonly calls: readonly Call[] }> {
  const { kms, test, kek, edek } = await context.newPair()
  const calls: readonly Call[] = [
    ['resolveKek', (on, options) => on.resolveKek(test.selectors[0], options)],
    ['generateDekPair', (on, options) => on.generateDekPair(kek, options)],
    ['decryptEdek', (on, options) => on.decryptEdek(kek, edek, options)],
  ]
  return { kms, calls }
}

async function whileSilent(
  context: ClauseContext,
  check: (name: string, call: (options: KmsCallOptions) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { kms, calls } = await prepare(context)
  const situation = await context.begin('silent')
  const asking = situation.config === undefined ? kms : await context.connect(situation)
  for (const [name, call] of calls) await check(name, (options) => call(asking, options))
}

async function expectReason(call: () => Promise<unknown>, reason: unknown, what: string): Promise<void> {
  const outcome = await outcomeOf(call, what)
  expectThat(outcome.failed, `${what} expected the reason of its signal, got success`)
  expectThat(
    outcome.error === reason,
    `${what} expected the reason of its signal itself, got ${describe(outcome.error)}`,
    outcome.error,
  )
}

async function declaresNoSilence(context: ClauseContext): Promise<void> {
  expectThat(
    context.facade.silent === undefined,
    'the manifest declares that the KMS cannot be silent, and "facade.silent" can',
  )
  const { kms, calls } = await prepare(context)
  for (const [name, call] of calls) {
    await within(5_000, call(kms, { signal: AbortSignal.timeout(5_000) }), `${name} of a KMS that always answers`)
  }
}
