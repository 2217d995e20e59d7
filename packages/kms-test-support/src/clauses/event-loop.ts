import type { Kms, KmsCallOptions } from '@keyfold/kms-api'

import { ClauseError } from '../assertions/clause-error.ts'
import { expectThat } from '../assertions/expect.ts'
import { longestHold } from '../assertions/loop-monitor.ts'
import { within } from '../assertions/within.ts'
import type { ClauseContext, KekInUse } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'

/** The contract says 50 ms. A clause that fails at less than this would blame a busy machine. */
const MAX_HOLD_MS = 250
const TRIES = 3
const DEADLINE_MS = 300
const SETTLE_MS = 30_000

type Holds = ReadonlyMap<string, number>
type Measure = (name: string, work: () => Promise<unknown>) => Promise<void>

/** Calls that block everything else in the process. */
export const eventLoop: readonly Clause[] = [
  {
    id: 'C110',
    title:
      'no call holds the event loop, also during an outage; otherwise heartbeats stop and the consumer is expelled',
    timeoutMs: 120_000,
    async run(context) {
      const { edek, ...prepared } = await context.newPair()
      let slow: Holds | undefined
      // What held the loop in one try and not in another was the machine.
      for (let i = 0; i < TRIES && slow?.size !== 0; i++) {
        const held = await holdsOf(context, prepared, edek)
        slow = new Map(
          [...held]
            .map(([name, ms]) => [name, Math.min(ms, slow === undefined ? ms : (slow.get(name) ?? 0))] as const)
            .filter(([, ms]) => ms > MAX_HOLD_MS),
        )
      }
      const found = [...(slow ?? [])].map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', ')
      expectThat(
        found === '',
        `calls expected to hold the event loop for at most 50 ms (${MAX_HOLD_MS} ms tolerated), got in ${TRIES} of ${TRIES} tries: ${found}`,
      )
    },
  },
]

/** Uses each method of new clients, and returns how long each held the loop at most. */
async function holdsOf(context: ClauseContext, { test, kek }: KekInUse, edek: Uint8Array): Promise<Holds> {
  const held = new Map<string, number>()
  const measure: Measure = async (name, work) => {
    const ms = await longestHold(() => within(SETTLE_MS, work(), name))
    held.set(name, Math.max(ms, held.get(name) ?? 0))
  }
  const useAll = async (kms: Kms, when: string, options?: () => KmsCallOptions): Promise<void> => {
    await measure(`resolveKek${when}`, () => kms.resolveKek(test.selectors[0], options?.()))
    await measure(`generateDekPair${when}`, () => context.generate(kms, kek, options?.()))
    await measure(`decryptEdek${when}`, () => context.decrypt(kms, kek, edek, options?.()))
    await measure(`kekOf${when}`, async () => Promise.resolve(kms.kekOf(edek)))
    if (kms.health !== undefined && options === undefined)
      await measure(`health${when}`, async () => await kms.health?.())
  }
  const connected = async (when: string, connect: () => Promise<Kms>): Promise<Kms | undefined> => {
    let kms: Kms | undefined
    await measure(`create${when}`, async () => {
      kms = await connect()
    })
    return kms
  }
  const { cannot } = context.facade.manifest
  const working = await connected('', () => context.connect())
  if (working === undefined) throw new ClauseError('create expected a client, got an error')
  await useAll(working, '')
  await measure('resolveKek of an unknown name', () => working.resolveKek(context.newName()))
  await measure('decryptEdek of a malformed EDEK', () => working.decryptEdek(kek, edek.slice(0, -1)))
  await measure('close', () => working.close())
  if (cannot.outage === undefined) {
    const interruption = await context.beginInterruption()
    const kms = await connected('', () => context.connect(interruption))
    await interruption.interrupt()
    if (kms !== undefined) await useAll(kms, ' during an outage')
    await interruption.restore()
    if (kms !== undefined) await useAll(kms, ' after an outage')
    await context.endSituation(interruption)
  }
  if (cannot.silence === undefined) {
    const silent = await context.begin('silent')
    // A login may be part of create, which then waits for as long as it is configured to.
    const kms = await connected(' of a silent KMS', () => context.connect(silent))
    if (kms !== undefined) await useAll(kms, ' of a silent KMS', () => ({ signal: AbortSignal.timeout(DEADLINE_MS) }))
    if (kms !== undefined) await measure('close of a silent KMS', () => kms.close())
    await context.endSituation(silent)
  }
  return held
}
