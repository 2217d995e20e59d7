import type { EncryptionContext, KmsErrorCode } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectKmsError, expectTypeError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

const CONTEXT: EncryptionContext = { topic: 'payments', tenant: 'acme' }
const INVALID: readonly KmsErrorCode[] = ['KMS_INVALID_EDEK']
const UNSUPPORTED: readonly KmsErrorCode[] = ['KMS_CONTEXT_UNSUPPORTED']
/** Written as escapes, so that no editor normalises them: both read as an e with an acute accent. */
const [COMPOSED, DECOMPOSED] = ['\u00e9', 'e\u0301']

/** An encryption context is bound or rejected, and never dropped. */
export const encryptionContexts: readonly Clause[] = [
  {
    id: 'C64',
    title:
      'an EDEK decrypts with its context, in whatever order; otherwise records with a context cannot be read again',
    needs: ['encryption-context'],
    async run(context) {
      const { kms, kek, pair } = await context.newPair({ encryptionContext: CONTEXT })
      const sealed = sealZeros(pair.dek)
      const turned = Object.fromEntries(Object.entries(CONTEXT).reverse())
      for (const encryptionContext of [CONTEXT, turned]) {
        expectThat(
          opensZeros(await context.decrypt(kms, kek, pair.edek, { encryptionContext }), sealed),
          'decryptEdek with its context expected the same DEK',
        )
      }
    },
    cannot: rejectsContexts,
  },
  {
    id: 'C65',
    title: 'an EDEK under another context is KMS_INVALID_EDEK; otherwise the context binds nothing',
    needs: ['encryption-context'],
    async run(context) {
      const { kms, kek, edek } = await context.newPair({ encryptionContext: CONTEXT })
      const others = [
        { topic: 'payments' },
        { ...CONTEXT, more: '1' },
        { ...CONTEXT, tenant: 'acmE' },
        { tenant: 'payments', topic: 'acme' },
        { topic: 'payments', Tenant: 'acme' },
      ]
      for (const [i, encryptionContext] of others.entries()) {
        await expectKmsError(
          () => kms.decryptEdek(kek, edek, { encryptionContext }),
          INVALID,
          `decryptEdek with wrong context ${i}`,
        )
      }
    },
    cannot: rejectsContexts,
  },
  {
    id: 'C66',
    title:
      'a context for an EDEK without one, or none for one with, is refused without a request; otherwise it can be stripped',
    needs: ['encryption-context'],
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const bound = await context.generate(kms, kek, { encryptionContext: CONTEXT })
      await context.withoutRequest('decryptEdek with a context too many or too few', async () => {
        await expectKmsError(
          () => kms.decryptEdek(kek, edek, { encryptionContext: CONTEXT }),
          INVALID,
          'a context for an EDEK without one',
        )
        await expectKmsError(() => kms.decryptEdek(kek, bound.edek), INVALID, 'no context for an EDEK with one')
        await expectKmsError(
          () => kms.decryptEdek(kek, bound.edek, { encryptionContext: {} }),
          INVALID,
          'an empty context for an EDEK with one',
        )
      })
    },
    cannot: rejectsContexts,
  },
  {
    id: 'C67',
    title: 'an empty context is none; otherwise leaving it out and writing nothing into it are two keys',
    async run(context) {
      const { kms, kek, pair } = await context.newPair({ encryptionContext: {} })
      const sealed = sealZeros(pair.dek)
      expectThat(
        opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
        'decryptEdek without a context expected the DEK of an empty one',
      )
      const second = await context.generate(kms, kek)
      const zeros = sealZeros(second.dek)
      const dek = await context.decrypt(kms, kek, second.edek, { encryptionContext: {} })
      expectThat(opensZeros(dek, zeros), 'decryptEdek with an empty context expected the DEK of none')
    },
  },
  {
    id: 'C68',
    title: 'contexts that only read alike are different; otherwise { ab: c } opens what { a: bc } sealed',
    needs: ['encryption-context', 'unambiguous-context'],
    async run(context) {
      const { kms, kek, edek } = await context.newPair({ encryptionContext: { ab: 'c', d: 'e' } })
      for (const encryptionContext of [
        { a: 'bc', d: 'e' },
        { abc: '', d: 'e' },
        { ab: 'cd', '': 'e' },
        { ab: 'c', de: '' },
      ]) {
        const outcome = await outcomeOf(
          () => context.decrypt(kms, kek, edek, { encryptionContext }),
          'decryptEdek with a look-alike context',
        )
        expectThat(
          outcome.failed,
          `a context that reads alike expected to be refused: ${JSON.stringify(encryptionContext)}`,
        )
      }
    },
    async cannot(context, lacking) {
      if (lacking === 'encryption-context') {
        await rejectsContexts(context)
        return
      }
      const { kms, kek, pair } = await context.newPair({ encryptionContext: { ab: 'c' } })
      const sealed = sealZeros(pair.dek)
      const dek = await context.decrypt(kms, kek, pair.edek, { encryptionContext: { a: 'bc' } })
      expectThat(
        opensZeros(dek, sealed),
        'the manifest declares that contexts are put in a row, and they are told apart',
      )
    },
  },
  {
    id: 'C69',
    title: 'contexts are compared by their bytes; otherwise another spelling of a letter opens, or the same one fails',
    needs: ['encryption-context'],
    async run(context) {
      const encryptionContext = { [`caf${COMPOSED}`]: `\u{1f511} ${COMPOSED}\u00a0\t` }
      const { kms, kek, pair } = await context.newPair({ encryptionContext })
      const sealed = sealZeros(pair.dek)
      expectThat(
        opensZeros(await context.decrypt(kms, kek, pair.edek, { encryptionContext }), sealed),
        'decryptEdek with a context beyond ASCII expected the same DEK',
      )
      for (const other of [
        { [`caf${DECOMPOSED}`]: `\u{1f511} ${COMPOSED}\u00a0\t` },
        { [`caf${COMPOSED}`]: `\u{1f511} ${COMPOSED}\u00a0` },
      ]) {
        await expectKmsError(
          () => kms.decryptEdek(kek, pair.edek, { encryptionContext: other }),
          INVALID,
          'decryptEdek with another spelling',
        )
      }
    },
    cannot: rejectsContexts,
  },
  {
    id: 'C70',
    title: 'a context that is none is refused without a request; otherwise a map counts as empty and nothing is bound',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const wrong: readonly unknown[] = [
        null,
        'a',
        7,
        ['a'],
        new Map([['a', 'b']]),
        { a: 1 },
        { a: undefined },
        { a: '\ud800' },
        { '\udc00': 'a' },
        many(17),
        { a: 'x'.repeat(5_000) },
        Object.defineProperty({ a: 'b' }, 'hidden', { value: 'c' }),
        Object.create({ a: 'inherited' }),
        Object.create(Object.assign(Object.create(null) as object, { a: 'inherited' })),
        Object.defineProperty({}, 'a', { get: () => 'computed', enumerable: true }),
      ]
      await context.withoutRequest('a context that is none', async () => {
        for (const [i, encryptionContext] of wrong.entries()) {
          const options = { encryptionContext: encryptionContext as EncryptionContext }
          if (context.facade.manifest.cannot['encryption-context'] === undefined) {
            await expectTypeError(() => kms.generateDekPair(kek, options), `generateDekPair with context ${i}`)
            await expectTypeError(() => kms.decryptEdek(kek, edek, options), `decryptEdek with context ${i}`)
          } else {
            await refused(() => kms.generateDekPair(kek, options), `generateDekPair with context ${i}`)
            await refused(() => kms.decryptEdek(kek, edek, options), `decryptEdek with context ${i}`)
          }
        }
      })
    },
  },
]

/** A KMS that cannot bind a context rejects it, in both directions, without a request. */
async function rejectsContexts(context: ClauseContext): Promise<void> {
  const { kms, kek, edek } = await context.newPair()
  await context.withoutRequest('an encryption context that cannot be bound', async () => {
    const calls: readonly [() => Promise<unknown>, readonly KmsErrorCode[]][] = [
      [() => kms.generateDekPair(kek, { encryptionContext: CONTEXT }), UNSUPPORTED],
      // Where only some KEKs can bind one, the EDEK says first that it has none.
      [() => kms.decryptEdek(kek, edek, { encryptionContext: CONTEXT }), [...UNSUPPORTED, ...INVALID]],
    ]
    for (const [call, codes] of calls) {
      const error = await expectKmsError(call, codes, 'an encryption context that cannot be bound')
      expectThat(!error.retryable, '"retryable" expected false for a context that cannot be bound')
    }
  })
}

async function refused(call: () => Promise<unknown>, what: string): Promise<void> {
  const outcome = await outcomeOf(call, what)
  expectThat(outcome.failed, `${what} expected a TypeError or KMS_CONTEXT_UNSUPPORTED, got success`)
  if (outcome.error instanceof TypeError) return
  expectThat(
    describe(outcome.error) === 'KMS_CONTEXT_UNSUPPORTED',
    `${what} expected a TypeError or KMS_CONTEXT_UNSUPPORTED, got ${describe(outcome.error)}`,
    outcome.error,
  )
}

function many(count: number): EncryptionContext {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`name-${i}`, 'value']))
}
