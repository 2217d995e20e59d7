import { Buffer } from 'node:buffer'

import type { Edek } from '@keyfold/kms-api'

import { expectThat } from '../assertions/expect.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'

const DEK_LENGTH = 32
const CLIENTS = 3
const PER_CLIENT = 12
/** Base64 of at least 32 bytes, inside of an EDEK that is text. */
const BASE64 = /[0-9A-Za-z+/_-]{43,}/g

/** DEKs that are wrapped with one IV. */
export const keystreams: readonly Clause[] = [
  {
    id: 'C106',
    title: 'EDEKs of one KEK have no common keystream; otherwise one known DEK reveals all others',
    needs: ['reveal'],
    async run(context) {
      const reveal = context.facade.revealDek?.bind(context.facade)
      expectThat(
        reveal !== undefined,
        '"facade.revealDek" expected a function: the manifest does not declare that the KMS cannot',
      )
      const seen = new Set<string>()
      for (const edek of await edeksOfOneKek(context)) {
        const dek = await reveal(edek)
        // An EDEK may repeat itself, for example in padding: only another's keystream counts.
        for (const keystream of new Set(keystreamsOf(edek, dek))) {
          expectThat(
            !seen.has(keystream),
            'EDEKs of one KEK expected no common keystream, got two that were wrapped with the same IV',
          )
          seen.add(keystream)
        }
      }
    },
    async cannot(context) {
      expectThat(
        context.facade.revealDek === undefined,
        'the manifest declares that nobody can reveal a DEK, and "facade.revealDek" does',
      )
      const edeks = (await edeksOfOneKek(context)).map((edek) => Buffer.from(edek).toString('hex'))
      const distinct = new Set(edeks).size
      expectThat(distinct === edeks.length, `${edeks.length} EDEKs expected to be distinct, got ${distinct}`)
    },
  },
]

/** Generates EDEKs with several clients, because an IV that counts from the start of a client repeats with the next. */
async function edeksOfOneKek(context: ClauseContext): Promise<readonly Edek[]> {
  const { kek, edek } = await context.newPair()
  const edeks = [edek]
  for (let i = 0; i < CLIENTS; i++) {
    const kms = await context.connect()
    for (let j = 0; j < PER_CLIENT; j++) edeks.push((await context.generate(kms, kek)).edek)
  }
  return edeks
}

/** What was added to the DEK, if the wrapped DEK stands at a place: for each place, in the EDEK itself and in base64 inside of it. */
function keystreamsOf(edek: Uint8Array, dek: Uint8Array): readonly string[] {
  const texts = [...Buffer.from(edek).toString('latin1').matchAll(BASE64)].flatMap(({ 0: run }) =>
    [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64')),
  )
  return [edek, ...texts].flatMap((bytes, form) =>
    Array.from({ length: Math.max(0, bytes.length - DEK_LENGTH + 1) }, (_, at) => {
      const keystream = Buffer.from(bytes.subarray(at, at + DEK_LENGTH)).map((byte, i) => byte ^ (dek[i] ?? 0))
      return `${form === 0 ? 'raw' : 'base64'} ${Buffer.from(keystream).toString('hex')}`
    }),
  )
}
