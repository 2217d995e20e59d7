import { isKmsError, type Edek, type Kek, type Kms, type KmsContext } from '@keyfold/kms-api'

import { ClauseError } from '../assertions/clause-error.ts'
import { describe } from '../assertions/describe.ts'
import { expectThat } from '../assertions/expect.ts'
import { outcomeOf, type Outcome } from '../assertions/outcome.ts'
import { PreparationError } from '../assertions/preparation-error.ts'
import { within } from '../assertions/within.ts'
import { expectNoSecret } from '../secrets/expect-no-secret.ts'
import type { FaultFacade } from './fault-facade.ts'
import { BODY_CANARY, FaultProxy } from './fault-proxy.ts'
import type { FaultOutcome, FaultRow } from './fault-row.ts'
import { TcpRelay } from './tcp-relay.ts'

/** The tolerance of a deadline. */
const GRACE_MS = 250
/** A call, and once more after a login that was renewed or a connection that had died. Retrying is another layer's. */
const MAX_REQUESTS = 2
const CLOSE_MS = 2_000
const RETRYABLE: ReadonlySet<string> = new Set(['KMS_THROTTLED', 'KMS_UNAVAILABLE', 'KMS_TIMEOUT'])

interface Call {
  readonly name: string
  readonly outcome: Outcome<unknown>
  readonly ms: number
}

/** A reference and an EDEK that were made while nothing was wrong. */
interface Prepared {
  readonly kek: Kek
  readonly edek: Edek
}

interface Ran {
  readonly calls: readonly Call[]
  /** The same calls after the end of a fault that ends. */
  readonly after: readonly Call[]
  /** How many requests arrived during the fault. */
  readonly requests: number
  readonly strays: number
}

/**
 * Runs one row of the fault table on a facade that is started, for all three operations at once.
 *
 * @throws ClauseError when the provider misbehaves.
 * @throws PreparationError when it does not even work without a fault.
 */
export async function runFault(row: FaultRow, facade: FaultFacade): Promise<void> {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  process.on('unhandledRejection', note)
  const expected = facade.overrides[row.id] ?? row.expected
  try {
    const prepared = await prepare(facade)
    const { calls, after, requests, strays } = await runCalls(row, facade, prepared)
    expectThat(
      strays === 0,
      `${row.id} expected nothing to reach the other origin, got ${strays} requests with credentials`,
    )
    for (const call of calls) check(row, facade, expected, call, prepared.edek)
    for (const { name, outcome } of after)
      expectThat(
        !outcome.failed,
        `${row.id} ${name} after the fault expected success with the same client, got ${describe(outcome.error)}`,
        outcome.error,
      )
    const refused = row.security !== undefined && row.security !== 'good'
    expectThat(
      !refused || requests === 0,
      `${row.id} expected no request before the certificate is accepted, got ${requests}`,
    )
    expectThat(
      requests <= calls.length * MAX_REQUESTS,
      `${row.id} expected at most ${MAX_REQUESTS} requests a call, got ${requests} for ${calls.length}: retrying is another layer's`,
    )
  } finally {
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
  }
  if (unhandled.length > 0)
    throw new ClauseError(`${row.id} expected no unhandled rejection, got ${describe(unhandled[0])}`, {
      cause: unhandled[0],
    })
}

/** Creates a reference and an EDEK before any fault. */
async function prepare(facade: FaultFacade): Promise<Prepared> {
  const proxy = await FaultProxy.start(() => facade.upstream(), facade.security)
  try {
    const kms = await facade.provider.create(facade.config({ origin: proxy.origin, ca: proxy.ca }), contextOf(facade))
    try {
      const kek = await kms.resolveKek(facade.kekSelector())
      const { dek, edek } = await kms.generateDekPair(kek)
      dek.destroy()
      return { kek, edek }
    } finally {
      await kms.close()
    }
  } catch (error) {
    throw new PreparationError('a call through a proxy that only passes on', error)
  } finally {
    await proxy.stop()
  }
}

async function runCalls(row: FaultRow, facade: FaultFacade, prepared: Prepared): Promise<Ran> {
  const proxy = await FaultProxy.start(() => facade.upstream(), row.security ?? facade.security)
  // Only where it is needed: a fault of the proxy must reach the provider as it is.
  const relay = row.gone === true ? await TcpRelay.start(() => proxy.origin) : undefined
  const clients: Kms[] = []
  try {
    // A login is part of create: with a wrong certificate that fails already, and is the answer to every call.
    const created = await timed(
      'create',
      async () =>
        await facade.provider.create(
          facade.config({ origin: (relay ?? proxy).origin, ca: proxy.ca }),
          contextOf(facade),
        ),
    )
    if (created.outcome.failed)
      return { calls: [created], after: [], requests: proxy.requests.length, strays: proxy.strays }
    const kms = created.outcome.value as Kms
    clients.push(kms)
    const before = proxy.requests.length
    proxy.always(row.fault)
    await relay?.interrupt()
    const calls = await callAll(kms, facade, prepared)
    const requests = proxy.requests.length - before
    if (row.recovers !== true) return { calls, after: [], requests, strays: proxy.strays }
    proxy.always({ kind: 'pass' })
    await relay?.restore()
    return { calls, after: await callAll(kms, facade, prepared), requests, strays: proxy.strays }
  } finally {
    await Promise.allSettled(clients.map((kms) => within(CLOSE_MS, kms.close(), 'close')))
    await relay?.stop()
    await proxy.stop()
  }
}

async function callAll(kms: Kms, facade: FaultFacade, { kek, edek }: Prepared): Promise<readonly Call[]> {
  return await Promise.all([
    timed('resolveKek', () => kms.resolveKek(facade.kekSelector())),
    timed('generateDekPair', async () => {
      ;(await kms.generateDekPair(kek)).dek.destroy()
    }),
    timed('decryptEdek', async () => {
      ;(await kms.decryptEdek(kek, edek)).destroy()
    }),
  ])
}

async function timed(name: string, call: () => Promise<unknown>): Promise<Call> {
  const start = performance.now()
  const outcome = await outcomeOf(call, name)
  return { name, outcome, ms: performance.now() - start }
}

function check(
  row: FaultRow,
  facade: FaultFacade,
  expected: FaultOutcome,
  { name, outcome, ms }: Call,
  edek: Edek,
): void {
  const what = `${row.id} ${name}`
  const most = facade.deadlineMs + GRACE_MS
  expectThat(
    ms <= most,
    `${what} expected to end within its deadline of ${facade.deadlineMs} ms and ${GRACE_MS} ms, took ${Math.round(ms)} ms`,
  )
  const wanted = [...(expected.maySucceed === true ? ['success'] : []), ...expected.codes].join(' or ')
  if (!outcome.failed) {
    expectThat(expected.maySucceed === true, `${what} expected ${wanted}, got success`)
    return
  }
  const { error } = outcome
  expectNoSecret(error, [...facade.canaries(), edek, BODY_CANARY], `the error of ${what}`)
  expectThat(
    isKmsError(error) && expected.codes.includes(error.code),
    `${what} expected ${wanted}, got ${describe(error)}`,
    error,
  )
  expectThat(
    error.retryable === RETRYABLE.has(error.code),
    `"retryable" of ${error.code} expected ${RETRYABLE.has(error.code)}`,
  )
  expectThat(
    expected.retry === 'either' || error.retryable === (expected.retry === 'yes'),
    `${what} expected retry: ${expected.retry}`,
  )
  if (row.retryAfterMs === undefined) return
  const [from, to] = row.retryAfterMs
  const { retryAfterMs } = error
  expectThat(
    retryAfterMs !== undefined && retryAfterMs >= from && retryAfterMs <= to,
    `"retryAfterMs" of ${what} expected ${from} to ${to}, got ${retryAfterMs ?? 'nothing'}`,
  )
}

function contextOf(facade: FaultFacade): KmsContext {
  return { baseDirectory: process.cwd(), ...facade.context }
}
