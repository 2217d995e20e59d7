import type { Kms } from '@keyfold/kms-api'

import { checkKmsError, expectKmsError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import { within } from '../assertions/within.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'
import type { Rejection } from '../facade/situation.ts'
import { expectNoSecret } from '../secrets/expect-no-secret.ts'

const AUTHENTICATION = ['KMS_AUTHENTICATION'] as const
const CLOSE_MS = 2_000
const CONCURRENT = 4

type Calls = readonly (readonly [name: string, call: (kms: Kms) => Promise<unknown>])[]

/** Credentials that the KMS does not accept. */
export const credentials: readonly Clause[] = [
  {
    id: 'C107',
    title:
      'wrong credentials are KMS_AUTHENTICATION after one attempt, and show nowhere; otherwise a token is locked, or a password is in a log',
    needs: ['reject'],
    async run(context) {
      const { kms, calls, edek } = await working(context)
      // C109 has a client that is logged in beside it.
      await within(CLOSE_MS, kms.close(), 'close')
      for (const [name, call] of calls) {
        const rejection = await context.beginRejection()
        const count = attemptsOf(context, rejection)
        await expectRejected(context, rejection, name, call, edek)
        const attempts = count()
        expectThat(attempts <= 1, `${name} with wrong credentials expected at most 1 attempt, got ${attempts}`)
        await context.endSituation(rejection)
      }
    },
    cannot: declaresNoRejection,
  },
  {
    id: 'C108',
    title:
      'wrong credentials are tried once by each client, whatever it is called for; otherwise three calls lock a token',
    needs: ['reject'],
    async run(context) {
      const { calls } = await working(context)
      const rejection = await context.beginRejection()
      const count = attemptsOf(context, rejection)
      const created = await outcomeOf(() => context.connect(rejection), 'create with wrong credentials')
      // A client that is never made is never called again.
      if (created.failed) checkKmsError(created.error, AUTHENTICATION, 'create with wrong credentials')
      const sent = created.failed ? 1 : await callOften(created.value, calls)
      const [attempts, max] = [count(), rejection.attempts === undefined ? sent : 1]
      expectThat(
        attempts <= max,
        `a client with wrong credentials expected at most ${max} attempts for ${sent} calls, got ${attempts}`,
      )
    },
    cannot: declaresNoRejection,
  },
  {
    id: 'C109',
    title:
      "wrong credentials are rejected beside a client that is logged in, which stays so; otherwise one client uses another's login",
    needs: ['reject'],
    async run(context) {
      const { kms, calls, edek, check } = await working(context)
      for (const [name, call] of calls) {
        const rejection = await context.beginRejection()
        await expectRejected(context, rejection, `${name} beside a client that is logged in`, call, edek)
        await check(kms)
        await context.endSituation(rejection)
      }
    },
    cannot: declaresNoRejection,
  },
]

/** Calls a client with wrong credentials concurrently, and then later, and returns how often. */
async function callOften(kms: Kms, calls: Calls): Promise<number> {
  const rounds = [Array.from({ length: CONCURRENT }, () => calls).flat(), calls, calls]
  for (const round of rounds)
    await Promise.all(
      round.map(([name, call]) =>
        expectKmsError(async () => await call(kms), AUTHENTICATION, `${name} of a client with wrong credentials`),
      ),
    )
  return rounds.flat().length
}

/** Creates a client with the right credentials, which has worked. */
async function working(context: ClauseContext) {
  const { kms, test, kek, pair } = await context.newPair()
  const sealed = sealZeros(pair.dek)
  const check = async (on: Kms): Promise<void> => {
    const dek = await context.decrypt(on, kek, pair.edek)
    expectThat(opensZeros(dek, sealed), 'decryptEdek beside wrong credentials expected the same DEK, got another')
  }
  await check(kms)
  const calls: Calls = [
    ['resolveKek', (on) => on.resolveKek(test.selectors[0])],
    ['generateDekPair', (on) => context.generate(on, kek)],
    ['decryptEdek', (on) => context.decrypt(on, kek, pair.edek)],
  ]
  return { kms, calls, check, edek: pair.edek }
}

/** Creates a client with wrong credentials, expects a call to reject, and closes the client. */
async function expectRejected(
  context: ClauseContext,
  rejection: Rejection,
  name: string,
  call: (kms: Kms) => Promise<unknown>,
  edek: Uint8Array,
): Promise<void> {
  let client: Kms | undefined
  const what = `${name} with wrong credentials`
  const error = await expectKmsError(
    async () => {
      client = await context.connect(rejection)
      await call(client)
    },
    AUTHENTICATION,
    what,
  )
  expectThat(!error.retryable, `"retryable" expected false for ${what}, got true`)
  expectNoSecret(error, [...context.secrets(edek), ...rejection.canaries], `the error of ${what}`)
  expectNoSecret(context.logger.lines, [...context.secrets(edek), ...rejection.canaries], `the log of ${what}`)
  if (client !== undefined) await within(CLOSE_MS, client.close(), 'close of a client with wrong credentials')
}

/** Counts attempts from now on: rejected logins, or requests where there is no login. */
function attemptsOf({ facade }: ClauseContext, rejection: Rejection): () => number {
  const count = (): number => rejection.attempts?.() ?? facade.requests()
  const before = count()
  return () => count() - before
}

/** A facade must not offer what its manifest declares impossible. */
async function declaresNoRejection({ facade }: ClauseContext): Promise<void> {
  await Promise.resolve()
  expectThat(
    facade.rejected === undefined,
    'the manifest declares that credentials cannot be wrong, and "facade.rejected" makes them so',
  )
}
