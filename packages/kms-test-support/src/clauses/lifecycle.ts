import { isKmsError, type Kms } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectKmsError, expectThrown } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import { within } from '../assertions/within.ts'
import { runChild } from '../child/run-child.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** How long a process may live after it has closed its last client. */
const EXIT_MS = 3_000
const SETTLE_MS = 5_000

/** Opening, closing, and being asked for one's health. */
export const lifecycle: readonly Clause[] = [
  {
    id: 'C77',
    title: 'closing twice, at once or by "await using" is closing once; otherwise a clean shut-down fails',
    async run(context) {
      const [one, two, three] = [await context.connect(), await context.connect(), await context.connect()]
      await one.close()
      await one.close()
      await Promise.all([two.close(), two.close(), two[Symbol.asyncDispose]()])
      await three[Symbol.asyncDispose]()
      await three.close()
    },
  },
  {
    id: 'C78',
    title: 'a closed client refuses every call with KMS_CLOSED and sends nothing; otherwise it quietly logs in again',
    async run(context) {
      const { kms, test, kek, edek } = await context.newPair()
      await kms.close()
      const calls: readonly [string, () => Promise<unknown>][] = [
        ['resolveKek', () => kms.resolveKek(test.selectors[0])],
        ['generateDekPair', () => kms.generateDekPair(kek)],
        ['decryptEdek', () => kms.decryptEdek(kek, edek)],
        ...(kms.health === undefined ? [] : [['health', () => kms.health?.() ?? Promise.resolve()] as const]),
      ].map(([name, call]): [string, () => Promise<unknown>] => [name as string, call as () => Promise<unknown>])
      await context.withoutRequest('a closed client', async () => {
        for (const [name, call] of calls) await expectKmsError(call, ['KMS_CLOSED'], `${name} after close`)
        expectThrown(() => kms.kekOf(edek), 'KMS_CLOSED', 'kekOf after close')
      })
    },
  },
  {
    id: 'C79',
    title: 'calls that run while a client is closed end, well or with KMS_CLOSED; otherwise a shut-down hangs',
    async run(context) {
      const { kms, test, kek, edek } = await context.newPair()
      const running = [
        ...Array.from({ length: 10 }, () => outcomeOf(() => context.generate(kms, kek), 'generateDekPair')),
        ...Array.from({ length: 10 }, () => outcomeOf(() => context.decrypt(kms, kek, edek), 'decryptEdek')),
        outcomeOf(() => kms.resolveKek(test.selectors[0]), 'resolveKek'),
      ]
      await within(SETTLE_MS, kms.close(), 'close with calls in flight')
      for (const { failed, error } of await within(SETTLE_MS, Promise.all(running), 'calls in flight after close')) {
        expectThat(
          !failed || isKmsError(error, 'KMS_CLOSED'),
          `a call in flight expected its answer or KMS_CLOSED, got ${describe(error)}`,
          error,
        )
      }
    },
  },
  {
    id: 'C80',
    title:
      'closing ends calls that wait for a KMS that does not answer; otherwise a shut-down takes as long as the outage',
    needs: ['silence'],
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const situation = await context.begin('silent')
      const asking = situation.config === undefined ? kms : await context.connect(situation)
      const running = outcomeOf(() => asking.decryptEdek(kek, edek), 'decryptEdek')
      await new Promise((resolve) => setTimeout(resolve, 100))
      await within(SETTLE_MS, asking.close(), 'close while the KMS is silent')
      const outcome = await within(SETTLE_MS, running, 'decryptEdek of a silent KMS after close')
      expectThat(
        outcome.failed && isKmsError(outcome.error, 'KMS_CLOSED'),
        `decryptEdek expected KMS_CLOSED, got ${describe(outcome.error)}`,
        outcome.error,
      )
    },
    async cannot(context) {
      expectThat(
        context.facade.silent === undefined,
        'the manifest declares that the KMS cannot be silent, and "facade.silent" can',
      )
      await within(SETTLE_MS, (await context.connect()).close(), 'close')
    },
  },
  {
    id: 'C81',
    title: 'DEKs outlive their client; otherwise what was already unwrapped fails during a shut-down',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const dek = await context.decrypt(kms, kek, pair.edek)
      await kms.close()
      expectThat(opensZeros(dek, sealZeros(pair.dek)), 'a DEK expected to work after its client was closed')
    },
  },
  {
    id: 'C82',
    title:
      'a process that used and closed a client ends by itself; otherwise jobs never finish and containers are killed',
    timeoutMs: 60_000,
    async run(context) {
      const { log, exitCode, endedByItself, errors } = await runChild(await context.facade.child(), EXIT_MS)
      expectEqual(
        log.join(', '),
        'resolved, generated, decrypted, closed',
        `what the child did${errors === '' ? '' : ` (${errors})`}`,
      )
      expectThat(
        endedByItself,
        `the child expected to end within ${EXIT_MS} ms after close: a timer, socket or other handle is open`,
      )
      expectEqual(exitCode, 0, 'exit code of the child')
    },
  },
  {
    id: 'C83',
    title:
      'health, where there is one, tells an outage and does not reject; otherwise the probe crashes instead of the KMS',
    async run(context) {
      const kms = await context.connect()
      if (kms.health === undefined) return
      expectEqual((await kms.health()).status, 'ok', 'health of a KMS that works')
      if (context.facade.manifest.cannot.outage !== undefined) return
      const situation = await context.begin('unreachable')
      const outcome = await outcomeOf(
        async () => await healthOf(await context.connect(situation)),
        'health of an unreachable KMS',
      )
      // A login that fails is the answer of create, which then never gives a client to ask.
      if (outcome.failed)
        expectThat(
          isKmsError(outcome.error) && outcome.error.operation === 'create',
          `health expected an answer, got ${describe(outcome.error)}`,
          outcome.error,
        )
      else expectThat(outcome.value !== 'ok', 'health of an unreachable KMS expected "down" or "degraded", got "ok"')
    },
  },
]

async function healthOf(kms: Kms): Promise<string | undefined> {
  return (await kms.health?.())?.status
}
