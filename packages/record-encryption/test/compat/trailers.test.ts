import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { BindingOptions } from '../../src/index.ts'
import { digestHeaders } from '../../src/wire/header-digest.ts'
import { encodeHeadersField, encodePartitionField, encodeTrailerStart, parseTrailer } from '../../src/wire/trailer.ts'
import { bytesOf, fromHex, headersOf, kmsWith, readVectors, toHex, type TrailerVector } from './corpus.ts'
import { COMPATIBLE, counts, openAll, printed, type Outcome } from './open-all.ts'

const { keks, cases } = readVectors('kroxylicious/trailers.json') as {
  keks: Record<string, string>
  cases: TrailerVector[]
}

/** What each verdict of the design comes out as. */
const EXPECTED = {
  match: 'decrypted, bound',
  none: 'decrypted, unbound',
  mismatch: 'refused RECORD_BINDING',
  malformed: 'refused RECORD_MALFORMED',
} as const

async function open(binding: BindingOptions): Promise<Outcome[]> {
  const records = cases.map(({ topic, partition, key, value, headers }) => ({
    topic,
    record: { key: bytesOf(key), partition, value: bytesOf(value), headers: headersOf(headers) },
  }))
  return openAll(kmsWith(keks), Object.keys(keks)[0]!, { ...COMPATIBLE, binding }, records)
}

function described(outcome: Outcome): string {
  if (outcome.refused !== undefined) return `refused ${outcome.refused}`
  return `${outcome.status}, ${outcome.bound.length > 0 ? 'bound' : 'unbound'}`
}

describe('binding trailers', () => {
  it('get the recorded verdict, all 177 of them', async () => {
    const outcomes = await open({ read: 'verify-if-present' })
    const wrong = cases.flatMap(({ id, what, design }, i) =>
      described(outcomes[i]!) === EXPECTED[design]
        ? []
        : [`${id} ${what}: ${described(outcomes[i]!)} instead of ${design}`],
    )
    expect(wrong).toEqual([])
    expect(counts(cases.map(({ design }) => design))).toEqual({ malformed: 69, match: 76, mismatch: 23, none: 9 })
  })

  it('of records that open leave value and headers as the Java reader gives them', async () => {
    const outcomes = await open({ read: 'verify-if-present' })
    const opened = cases.flatMap(({ java }, i) => {
      const outcome = outcomes[i]!
      return outcome.refused === undefined
        ? [[printed(outcome.value, outcome.headers), printed(bytesOf(java.value), headersOf(java.headers))]]
        : []
    })
    expect(opened.map(([ours]) => ours)).toEqual(opened.map(([, javas]) => javas))
  })

  it('are not looked at where binding is off: all records open as in Java', async () => {
    const outcomes = await open({ read: 'off' })
    expect(
      outcomes.map((outcome) =>
        outcome.refused === undefined ? printed(outcome.value, outcome.headers) : outcome.refused,
      ),
    ).toEqual(cases.map(({ java }) => printed(bytesOf(java.value), headersOf(java.headers))))
  })

  it('are demanded where binding is required: records without one are refused as well', async () => {
    const outcomes = await open({ read: 'require' })
    const expected = cases.map(({ design }) => (design === 'none' ? EXPECTED.mismatch : EXPECTED[design]))
    expect(outcomes.map(described)).toEqual(expected)
    expect(
      outcomes.filter(
        (outcome) => outcome.refused !== undefined && 'field' in outcome.error && outcome.error.field === 'trailer',
      ),
    ).toHaveLength(9)
  })

  it('that match are written again as the same bytes, but for the fields that only a later version knows', () => {
    const matching = cases.filter(({ design, what }) => design === 'match' && what !== 'unknown-high-tag')
    const again = matching.map(({ trailerHex, java }) => {
      const bytes = fromHex(trailerHex)
      const { topic, keyField, partition, headers } = parseTrailer(bytes, 0, bytes.length)!
      return Buffer.concat([
        encodeTrailerStart(topic),
        keyField,
        ...(partition === undefined ? [] : [encodePartitionField(partition)]),
        ...(headers === undefined
          ? []
          : [encodeHeadersField(headers.names, digestHeaders(headers.names, headersOf(java.headers)))]),
      ])
    })
    expect(again.map(toHex)).toEqual(matching.map(({ trailerHex }) => trailerHex))
    expect(matching).toHaveLength(71)
  })
})
