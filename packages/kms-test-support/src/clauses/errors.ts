import { isKmsError, type KmsError, type KmsErrorCode } from '@keyfold/kms-api'

import { expectThrown } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { expectNoSecret } from '../secrets/expect-no-secret.ts'
import { flipBit } from './change-edek.ts'

const RETRYABLE: ReadonlySet<KmsErrorCode> = new Set<KmsErrorCode>(['KMS_THROTTLED', 'KMS_UNAVAILABLE', 'KMS_TIMEOUT'])

/** What errors say, and what they and everything else keep to themselves. */
export const errors: readonly Clause[] = [
  {
    id: 'C88',
    title:
      '"retryable" is true for outages and throttling only; otherwise lost keys are retried, or short outages drop records',
    async run(context) {
      for (const error of await provoke(context))
        expectEqual(error.retryable, RETRYABLE.has(error.code), `"retryable" of ${error.code}`)
    },
  },
  {
    id: 'C89',
    title: 'errors name their provider, operation and class; otherwise logs and metrics cannot tell where it fails',
    async run(context) {
      for (const error of await provoke(context)) {
        expectEqual(error.provider, context.facade.provider.name, `"provider" of ${error.code}`)
        expectThat(
          /^(?:create|resolveKek|generateDekPair|decryptEdek|kekOf|health)$/.test(error.operation),
          `"operation" of ${error.code} expected the method that failed`,
        )
        expectEqual(
          `KMS_${error.name
            .replace(/^Kms(?!$)|Error$/g, '')
            .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
            .toUpperCase()}`,
          error.code,
          '"code", by the name of its class',
        )
        expectThat(error.message.length > 10, `"message" of ${error.code} expected a sentence`)
      }
      const { kms, edek, kek } = await context.newPair()
      const operations = [
        ['resolveKek', () => kms.resolveKek(context.newName())],
        ['decryptEdek', () => kms.decryptEdek(kek, edek.slice(1))],
      ] as const
      for (const [operation, call] of operations) {
        const { error } = await outcomeOf<unknown>(call, operation)
        expectThat(isKmsError(error) && error.operation === operation, `"operation" expected ${operation}`, error)
      }
      expectEqual(
        expectThrown(() => kms.kekOf(new Uint8Array(0)), 'KMS_INVALID_EDEK', 'kekOf of no bytes').operation,
        'kekOf',
        '"operation"',
      )
    },
  },
  {
    id: 'C90',
    title: 'no error shows a secret or an EDEK, however it is printed; otherwise tokens and keys stand in log files',
    async run(context) {
      const edeks: Uint8Array[] = []
      const found = await provoke(context, edeks)
      for (const error of found) expectNoSecret(error, context.secrets(...edeks), `the error ${error.code}`)
    },
  },
  {
    id: 'C91',
    title:
      'no object of the provider shows a secret, however it is printed; otherwise a debug line prints the configuration with its token',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const dek = await context.decrypt(kms, kek, pair.edek)
      const secrets = context.secrets()
      for (const [what, value] of Object.entries({ kms, kek, dek, 'the generated DEK': pair.dek }))
        expectNoSecret(value, secrets, what)
      if (context.facade.revealDek === undefined) return
      const key = await context.facade.revealDek(pair.edek)
      for (const [what, value] of Object.entries({ kms, dek, 'the generated DEK': pair.dek, pair: { dek: pair.dek } }))
        expectNoSecret(value, [key], what)
    },
  },
  {
    id: 'C92',
    title: 'nothing that is logged shows a secret or an EDEK; otherwise the log is a copy of the key store',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const edeks: Uint8Array[] = [edek]
      await context.decrypt(kms, kek, edek)
      await provoke(context, edeks)
      await kms.close()
      expectNoSecret(context.logger.lines, context.secrets(...edeks), 'the log')
    },
  },
]

/** Causes every failure that the KMS can cause, and returns the errors. Adds the EDEKs that were used. */
async function provoke(context: ClauseContext, edeks: Uint8Array[] = []): Promise<readonly KmsError[]> {
  const { kms, test, kek, edek } = await context.newPair()
  const other = await context.newKek(kms)
  const gone = await context.newKek(kms)
  const lost = await context.generate(kms, gone.kek)
  await context.facade.kekManager.delete(gone.test)
  edeks.push(edek, lost.edek)
  const calls: (() => Promise<unknown>)[] = [
    () => kms.resolveKek(context.newName()),
    () => kms.decryptEdek(kek, flipBit(edek, edek.length * 8 - 9)),
    () => kms.decryptEdek(kek, edek.slice(0, 5)),
    () => kms.decryptEdek(other.kek, edek),
    ...(context.facade.manifest.cannot.delete === undefined
      ? [() => kms.generateDekPair(gone.kek), () => kms.decryptEdek(gone.kek, lost.edek)]
      : []),
    () => kms.decryptEdek(kek, edek, { encryptionContext: { topic: 'other' } }),
    async () =>
      await context.facade.provider.create(
        { ...context.facade.config(), 'kf-unknown': true },
        { baseDirectory: process.cwd() },
      ),
  ]
  const found: unknown[] = []
  const collect = async (call: () => Promise<unknown>): Promise<void> => {
    const outcome = await outcomeOf(call, 'a call that fails')
    expectThat(outcome.failed, 'a call that has to fail expected an error, got success')
    found.push(outcome.error)
  }
  for (const call of calls) await collect(call)
  const { cannot } = context.facade.manifest
  for (const [name, capability] of [
    ['denied', 'deny'],
    ['unreachable', 'outage'],
  ] as const) {
    if (cannot[capability] !== undefined) continue
    const situation = await context.begin(name)
    await collect(async () => await (await context.connect(situation)).resolveKek(test.selectors[0]))
    await collect(async () => await (await context.connect(situation)).generateDekPair(kek))
    await collect(async () => await (await context.connect(situation)).decryptEdek(kek, edek))
    await context.endSituation(situation)
  }
  await kms.close()
  await collect(() => kms.resolveKek(test.selectors[0]))
  for (const error of found) expectThat(isKmsError(error), 'a failure of the KMS expected a KmsError', error)
  return found as readonly KmsError[]
}
