import { setTimeout as sleep } from 'node:timers/promises'

import type { Edek, Kek, Kms } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'
import type { Interruption } from '../facade/situation.ts'

const OUTAGE = ['KMS_UNAVAILABLE', 'KMS_TIMEOUT'] as const
/** How long a client may take to notice that the KMS is back. */
const RECOVERY_MS = 5_000
const RETRY_MS = 100

/** Outages that begin and end while a client is in use. */
export const outages: readonly Clause[] = [
  {
    id: 'C100',
    title:
      'a client that has worked reports an outage in every operation and in health; otherwise records are dropped as lost',
    needs: ['outage'],
    async run(context) {
      const { kms, interruption, calls } = await workingClient(context)
      await interruption.interrupt()
      for (const [name, call] of calls) {
        const error = await expectKmsError(call, OUTAGE, `${name} during an outage`)
        expectThat(error.retryable, `"retryable" expected true for ${name} during an outage, got false`)
      }
      if (kms.health === undefined) return
      const health = await outcomeOf(async () => await healthOf(kms), 'health during an outage')
      expectThat(
        !health.failed,
        `health during an outage expected a status, got ${describe(health.error)}`,
        health.error,
      )
      expectThat(health.value !== 'ok', 'health during an outage expected "down" or "degraded", got "ok"')
    },
    cannot: declaresNoOutage,
  },
  {
    id: 'C101',
    title:
      'a client works again after an outage, without being recreated; otherwise every process must be restarted after it',
    needs: ['outage'],
    async run(context) {
      const { kms, interruption, calls, kek, edek, sealed } = await workingClient(context)
      // Twice, because a client may survive its first outage only.
      for (let outage = 1; outage <= 2; outage++) {
        await interruption.interrupt()
        for (const [name, call] of calls) await outcomeOf(call, name)
        if (kms.health !== undefined) await outcomeOf(async () => await healthOf(kms), 'health')
        await interruption.restore()
        for (const [name, call] of calls) await recovered(`${name} after outage ${outage}`, call)
        expectThat(
          opensZeros(await context.decrypt(kms, kek, edek), sealed),
          'decryptEdek after an outage expected the same DEK, got another',
        )
        if (kms.health !== undefined)
          await recovered(`health after outage ${outage}`, async () => {
            expectEqual(await healthOf(kms), 'ok', 'health after an outage')
          })
      }
    },
    cannot: declaresNoOutage,
  },
]

interface WorkingClient {
  readonly kms: Kms
  readonly interruption: Interruption
  readonly kek: Kek
  readonly edek: Edek
  readonly sealed: Uint8Array
  readonly calls: readonly (readonly [name: string, call: () => Promise<unknown>])[]
}

/** Creates a client with an interruptible path to the KMS, and uses each of its methods once. */
async function workingClient(context: ClauseContext): Promise<WorkingClient> {
  const interruption = await context.beginInterruption()
  const kms = await context.connect(interruption)
  const { test, kek } = await context.newKek(kms)
  const { dek, edek } = await context.generate(kms, kek)
  const sealed = sealZeros(dek)
  await context.decrypt(kms, kek, edek)
  if (kms.health !== undefined) expectEqual(await healthOf(kms), 'ok', 'health of a KMS that works')
  return {
    kms,
    interruption,
    kek,
    edek,
    sealed,
    calls: [
      ['resolveKek', () => kms.resolveKek(test.selectors[0])],
      ['generateDekPair', () => context.generate(kms, kek)],
      ['decryptEdek', () => context.decrypt(kms, kek, edek)],
    ],
  }
}

/** Repeats a call until it succeeds. @throws ClauseError when it does not within {@link RECOVERY_MS}. */
async function recovered(what: string, call: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  for (;;) {
    const { failed, error } = await outcomeOf(call, what)
    if (!failed) return
    expectThat(
      performance.now() - start < RECOVERY_MS,
      `${what} expected success within ${RECOVERY_MS} ms, got ${describe(error)}`,
      error,
    )
    await sleep(RETRY_MS)
  }
}

async function healthOf(kms: Kms): Promise<string | undefined> {
  return (await kms.health?.())?.status
}

/** A facade must not offer what its manifest declares impossible. */
async function declaresNoOutage({ facade }: ClauseContext): Promise<void> {
  await Promise.resolve()
  expectThat(
    facade.interruptible === undefined,
    'the manifest declares that the KMS cannot be away, and "facade.interruptible" makes it so',
  )
}
