import { isKmsError, sameKek } from '@keyfold/kms-api'

import { describe } from '../assertions/describe.ts'
import { expectTypeError } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat } from '../assertions/expect.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'
import { beyondAscii, controlCharacters, long, pathTraversals, prototypeNames } from './hostile-selectors.ts'

/** What users write to name a KEK. */
export const selectors: readonly Clause[] = [
  {
    id: 'C08',
    title:
      'every form of selector leads to the same KEK; otherwise two rules for one key write records that only one of them can read',
    async run(context) {
      const kms = await context.connect()
      const { test, kek } = await context.newKek(kms)
      for (const selector of test.selectors) {
        const other = await kms.resolveKek(selector)
        expectThat(
          sameKek(kek, other),
          `selector ${test.selectors.indexOf(selector)} expected the same provider and id as the first`,
        )
        expectEqual(other.version, kek.version, 'kek.version')
      }
    },
  },
  {
    id: 'C09',
    title:
      'a reference is data that nobody can change and that survives JSON; otherwise it cannot be stored, compared or passed on',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const before = JSON.stringify(kek)
      try {
        Object.assign(kek, { id: 'changed' })
      } catch (error) {
        expectThat(error instanceof TypeError, 'a frozen reference expected to refuse with TypeError', error)
      }
      expectEqual(JSON.stringify(kek), before, 'the reference after an attempt to change it')
      const copy = JSON.parse(before) as typeof kek
      expectThat(
        opensZeros(await context.decrypt(kms, copy, pair.edek), sealed),
        'a reference from JSON expected to work as the first did',
      )
    },
  },
  {
    id: 'C10',
    title:
      'a reference names its provider and what its EDEKs prove; otherwise a forgeable KEK passes for an authenticated one',
    async run(context) {
      const kms = await context.connect()
      const { kek } = await context.newKek(kms)
      expectEqual(kek.provider, context.facade.provider.name, 'kek.provider')
      expectEqual(kek.wrapping, context.facade.manifest.wrapping, 'kek.wrapping')
      expectThat(
        kek.version === undefined || typeof kek.version === 'string',
        '"kek.version" expected a string or nothing',
      )
    },
  },
  {
    id: 'C11',
    title: 'an empty selector is refused without a request; otherwise an empty setting asks for the list of all keys',
    async run(context) {
      const kms = await context.connect()
      await context.withoutRequest('resolveKek of an empty selector', () =>
        expectTypeError(() => kms.resolveKek(''), 'resolveKek("")'),
      )
    },
  },
  {
    id: 'C12',
    title:
      'a selector that is no string is refused without a request; otherwise it is asked for as "undefined" or "[object Object]"',
    async run(context) {
      const kms = await context.connect()
      const resolve = kms.resolveKek.bind(kms) as (selector: unknown) => Promise<unknown>
      for (const wrong of [undefined, null, 7, true, {}, ['a'], Symbol('a'), new Uint8Array(3)]) {
        await context.withoutRequest('resolveKek of no string', () =>
          expectTypeError(() => resolve(wrong), `resolveKek of ${describe(wrong)}`),
        )
      }
    },
  },
  {
    id: 'C13',
    title:
      'a selector that is a path leads nowhere; otherwise a topic name reaches other endpoints of the KMS with our token',
    run: (context) => rejectsAll(context, pathTraversals),
  },
  {
    id: 'C14',
    title:
      'control characters in a selector lead nowhere and show in no message; otherwise they forge headers and log lines',
    run: (context) => rejectsAll(context, controlCharacters),
  },
  {
    id: 'C15',
    title:
      'look-alikes and malformed text in a selector lead nowhere; otherwise a topic picks another key than its name says',
    run: (context) => rejectsAll(context, beyondAscii),
  },
  {
    id: 'C16',
    title: 'a selector of 10 KB is refused, in a short message; otherwise one record name fills the log',
    run: (context) => rejectsAll(context, long),
  },
  {
    id: 'C17',
    title:
      'names such as __proto__ and constructor lead nowhere; otherwise a look-up in an object finds what nobody stored',
    run: (context) => rejectsAll(context, prototypeNames),
  },
  {
    id: 'C18',
    title:
      'a selector is taken as written; otherwise a name with a blank, a slash or a letter more finds the key of another topic',
    run: (context) =>
      rejectsAll(context, (name) => [
        `${name} `,
        ` ${name}`,
        `${name}x`,
        name.slice(0, -1),
        name.slice(1),
        `${name}/`,
        `/${name}`,
        `${name}%20`,
        `${name}*`,
        `"${name}"`,
      ]),
  },
]

/** Expects each to be rejected permanently, with an error that a user can act on, without quoting raw or long input. */
async function rejectsAll(context: ClauseContext, hostile: (name: string) => readonly string[]): Promise<void> {
  const kms = await context.connect()
  const { test } = await context.newKek(kms)
  for (const [i, selector] of hostile(test.name).entries()) {
    const what = `resolveKek of hostile selector ${i}`
    const outcome = await outcomeOf(() => kms.resolveKek(selector), what)
    expectThat(outcome.failed, `${what} expected to be refused, got a KEK`)
    const { error } = outcome
    const allowed =
      error instanceof TypeError || isKmsError(error, 'KMS_UNKNOWN_ALIAS') || isKmsError(error, 'KMS_CONFIG')
    expectThat(allowed, `${what} expected KMS_UNKNOWN_ALIAS, KMS_CONFIG or a TypeError, got ${describe(error)}`, error)
    const { message } = error
    expectThat(message.length <= 1_000, `${what} expected a message of at most 1,000 characters, got ${message.length}`)
    expectThat(
      !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/.test(message),
      `${what} expected a message without raw control characters`,
    )
  }
}
