import { describe, expect, it } from 'vitest'

import { mutantCases, parcelCases, recordCases, ruleCases, type Case, type CasesFile } from './cases.ts'
import { bytesOf, headersOf, kmsWith, readVectors, type RecordsFile } from './corpus.ts'
import { COMPATIBLE, counts, openAll, printed, type Outcome } from './open-all.ts'

const FILES: Readonly<Record<string, () => CasesFile>> = {
  'records.json': () => recordCases('kroxylicious/records.json'),
  'live-inmemory.json': () => recordCases('kroxylicious/live-inmemory.json'),
  'live-inmemory-0.12.json': () => recordCases('kroxylicious/live-inmemory-0.12.json'),
  'reader-rules.json': ruleCases,
  'mutants.json': mutantCases,
  'parcels.json': parcelCases,
}

interface Difference {
  readonly file: string
  readonly about: string
  readonly keyfold: string
  readonly count: number
  readonly because: string
}

const EDEK_PARAMS = 'edek-params: EDEKs with another tag than 128 bits or another IV than 12 bytes are not unwrapped'
const NO_VALUE = 'headers-only: a parcel without a value gives nothing to hand out; Java hands out the stored bytes'
const MARKER =
  'marker-second: the marker that was opened is removed wherever it stands; Java removes it at index 0 only'

/** Everything that Keyfold does otherwise than the Java reader with all policies open. Nothing else is. */
const DIFFERENCES: readonly Difference[] = [
  {
    file: 'records.json',
    about: 'edek-params',
    keyfold: 'refused RECORD_EDEK_INVALID',
    count: 31,
    because: EDEK_PARAMS,
  },
  { file: 'records.json', about: 'headers-only', keyfold: 'refused RECORD_MALFORMED', count: 8, because: NO_VALUE },
  {
    file: 'reader-rules.json',
    about: 'marker-second',
    keyfold: 'opened without the marker',
    count: 4,
    because: MARKER,
  },
  { file: 'reader-rules.json', about: 'marker-last', keyfold: 'opened without the marker', count: 3, because: MARKER },
  {
    file: 'mutants.json',
    about: 'edek-params, edek-length-over-long-2',
    keyfold: 'refused RECORD_EDEK_INVALID',
    count: 11,
    because: EDEK_PARAMS,
  },
  {
    file: 'mutants.json',
    about: 'edek-params, edek-length-over-long-5',
    keyfold: 'refused RECORD_EDEK_INVALID',
    count: 11,
    because: EDEK_PARAMS,
  },
  { file: 'parcels.json', about: 'written H', keyfold: 'refused RECORD_MALFORMED', count: 19, because: NO_VALUE },
  {
    file: 'parcels.json',
    about: 'value-absent-headers-absent',
    keyfold: 'refused RECORD_MALFORMED',
    count: 1,
    because: NO_VALUE,
  },
  {
    file: 'parcels.json',
    about: 'value-absent-headers-zero',
    keyfold: 'refused RECORD_MALFORMED',
    count: 1,
    because: NO_VALUE,
  },
]

/** Cases, and how many of them the Java reader refuses. */
const SIZES: Readonly<Record<string, readonly [cases: number, refused: number]>> = {
  'records.json': [1071, 0],
  'live-inmemory.json': [127, 0],
  'live-inmemory-0.12.json': [117, 0],
  'reader-rules.json': [79, 53],
  'mutants.json': [3907, 3741],
  'parcels.json': [179, 33],
}

const MARKER_KEY = 'kroxylicious.io/encryption'

/** `undefined` for the same result as Java's. */
function differenceOf({ java, loose }: Case, outcome: Outcome): string | undefined {
  if (outcome.refused !== undefined) return java === undefined ? undefined : `refused ${outcome.refused}`
  if (java === undefined) return 'OPENED WHAT JAVA REFUSES'
  const ours = printed(outcome.value, outcome.headers)
  if (ours === printed(java.value, java.headers) || loose) return undefined
  const marker = java.headers.findIndex(({ key }) => key === MARKER_KEY)
  return marker >= 0 && ours === printed(java.value, java.headers.toSpliced(marker, 1))
    ? 'opened without the marker'
    : 'opened as something else'
}

async function run({ keks, cases }: CasesFile): Promise<Outcome[]> {
  return openAll(kmsWith(keks), Object.keys(keks)[0]!, COMPATIBLE, cases)
}

describe('records of Kroxylicious, with all policies open', () => {
  it.each(Object.entries(FILES))(
    'opens or refuses all of %s as the Java reader does, but for the listed differences',
    async (file, read) => {
      const { keks, cases } = read()
      const outcomes = await run({ keks, cases })
      const found = cases.flatMap((vector, i) => {
        const difference = differenceOf(vector, outcomes[i]!)
        return difference === undefined ? [] : [`${vector.about}: ${difference}`]
      })
      const listed = DIFFERENCES.filter((difference) => difference.file === file)
      expect(counts(found)).toEqual(
        Object.fromEntries(listed.map(({ about, keyfold, count }) => [`${about}: ${keyfold}`, count])),
      )
      expect([cases.length, cases.filter(({ java }) => java === undefined).length]).toEqual(SIZES[file])
    },
  )

  it('opens a record that was encrypted twice a layer a call', async () => {
    const { keks, cases } = recordCases('kroxylicious/records.json')
    const onions = cases.filter(({ about }) => about === 'onion')
    const outer = await run({ keks, cases: onions })
    const between = onions.map((vector, i) => ({ ...vector, record: { ...vector.record, ...opened(outer[i]!) } }))
    const inner = await run({ keks, cases: between })
    const written = onionsInner()
    expect(onions).toHaveLength(14)
    expect(inner.map((outcome) => printed(opened(outcome).value, opened(outcome).headers))).toEqual(written)
  })

  it('changes nothing in the records that it opens', async () => {
    const { keks, cases } = recordCases('kroxylicious/live-inmemory.json')
    const before = cases.map(({ record }) => printed(record.value, record.headers ?? []))
    await run({ keks, cases })
    expect(cases.map(({ record }) => printed(record.value, record.headers ?? []))).toEqual(before)
  })
})

function onionsInner(): string[] {
  const { cases } = readVectors('kroxylicious/records.json') as RecordsFile
  return cases
    .filter(({ kind }) => kind === 'onion')
    .map(({ onionInnerValue, onionInnerHeaders }) => printed(bytesOf(onionInnerValue!), headersOf(onionInnerHeaders!)))
}

function opened(outcome: Outcome): Exclude<Outcome, { refused: string }> {
  if (outcome.refused !== undefined) throw outcome.error
  return outcome
}
