import { describe, expect, it } from 'vitest'

import type { RecordErrorCode } from '../../src/index.ts'
import { mutantCases, parcelCases, recordCases, ruleCases, type Case, type CasesFile } from './cases.ts'
import { kmsWith } from './corpus.ts'
import { counts, openAll, printed, type Outcome } from './open-all.ts'

type Verdict = RecordErrorCode | 'decrypted' | 'clear'

interface Expected {
  readonly file: string
  readonly read: () => CasesFile
  readonly verdicts: Partial<Record<Verdict, number>>
}

/**
 * What becomes of the records of Kroxylicious under a rule that says `match` and `kek` and nothing else; the KEK is the first of each file.
 * Records of the other KEKs are untrusted, those without a marker are plaintext, those with two are nested.
 */
const VERDICTS: readonly Expected[] = [
  {
    file: 'records.json',
    read: () => recordCases('kroxylicious/records.json'),
    verdicts: {
      clear: 29,
      decrypted: 165,
      RECORD_EDEK_INVALID: 3,
      RECORD_KEK_UNTRUSTED: 854,
      RECORD_MALFORMED: 8,
      RECORD_NESTED: 12,
    },
  },
  {
    file: 'live-inmemory.json',
    read: () => recordCases('kroxylicious/live-inmemory.json'),
    verdicts: { clear: 6, decrypted: 39, RECORD_KEK_UNTRUSTED: 82 },
  },
  {
    file: 'live-inmemory-0.12.json',
    read: () => recordCases('kroxylicious/live-inmemory-0.12.json'),
    verdicts: { clear: 4, decrypted: 43, RECORD_KEK_UNTRUSTED: 70 },
  },
  {
    file: 'reader-rules.json',
    read: ruleCases,
    verdicts: {
      decrypted: 3,
      RECORD_KEK_UNTRUSTED: 8,
      RECORD_MALFORMED: 23,
      RECORD_NESTED: 10,
      RECORD_PLAINTEXT: 9,
      RECORD_UNSUPPORTED: 26,
    },
  },
  {
    file: 'mutants.json',
    read: mutantCases,
    verdicts: {
      decrypted: 34,
      RECORD_AUTHENTICATION: 173,
      RECORD_EDEK_INVALID: 460,
      RECORD_KEK_UNTRUSTED: 1252,
      RECORD_MALFORMED: 1085,
      RECORD_NESTED: 188,
      RECORD_UNSUPPORTED: 715,
    },
  },
  { file: 'parcels.json', read: parcelCases, verdicts: { decrypted: 123, RECORD_MALFORMED: 55, RECORD_NESTED: 1 } },
]

const MARKER_KEY = 'kroxylicious.io/encryption'

/** DecryptedRecord records are those that Java opens, with the marker gone wherever it stood. */
function isJavas({ java, loose }: Case, outcome: Exclude<Outcome, { refused: string }>): boolean {
  if (java === undefined) return false
  const headers = java.headers.filter(({ key }) => key !== MARKER_KEY)
  return loose === true || printed(outcome.value, outcome.headers) === printed(java.value, headers)
}

describe('records of Kroxylicious, under a rule with nothing but its KEK', () => {
  it.each(VERDICTS)(
    'have the listed verdicts in $file, and those that open give the original',
    async ({ read, verdicts }) => {
      const { keks, cases } = read()
      const outcomes = await openAll(kmsWith(keks), Object.keys(keks)[0]!, {}, cases)
      expect(counts(outcomes.map((outcome) => outcome.refused ?? outcome.status))).toEqual(verdicts)
      const wrong = cases.filter(
        (vector, i) =>
          outcomes[i]!.refused === undefined && !isJavas(vector, outcomes[i] as Exclude<Outcome, { refused: string }>),
      )
      expect(wrong.map(({ id }) => id)).toEqual([])
    },
  )

  it('trust no KEK but the one of the rule', async () => {
    const { keks, cases } = recordCases('kroxylicious/records.json')
    const [kek] = Object.keys(keks)
    const outcomes = await openAll(kmsWith(keks), kek!, {}, cases)
    const sealed = cases
      .map((vector, i) => ({ ...vector, outcome: outcomes[i]! }))
      .filter(({ record, outcome }) => record.value !== null && outcome.refused !== 'RECORD_NESTED')
    const trusted = sealed.filter(({ outcome }) => outcome.refused !== 'RECORD_KEK_UNTRUSTED')
    expect(trusted.map(({ id }) => id)).toEqual(sealed.filter((vector) => vector.kek === kek).map(({ id }) => id))
  })
})
