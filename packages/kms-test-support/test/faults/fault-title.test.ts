import { describe, expect, test } from 'vitest'

import { faultTable, faultTitle, type FaultFacade, type FaultRow } from '../../src/faults/index.ts'

const facade = { overrides: {} } as FaultFacade
const row = (title: string): FaultRow => faultTable.find((each) => each.title.startsWith(title)) as FaultRow

describe('the title of a row', () => {
  test('says what goes wrong, what is expected, and whether to retry', () => {
    expect(faultTitle(row('a KMS that reads and never answers'), facade)).toMatch(
      /^F\d\d a KMS that reads and never answers → KMS_TIMEOUT or KMS_UNAVAILABLE, retry: yes$/,
    )
    expect(faultTitle(row('an answer that takes'), facade)).toMatch(/→ success$/)
  })

  test('shows why a provider expects something else', () => {
    const { id, title } = row('409')
    const other: FaultFacade = {
      ...facade,
      overrides: {
        [id]: { codes: ['KMS_INVALID_RESPONSE'], retry: 'no', reason: 'this KMS says 409 for a typing error' },
      },
    }
    expect(faultTitle(row('409'), other)).toBe(
      `${id} ${title} → KMS_INVALID_RESPONSE, retry: no [otherwise than the table: this KMS says 409 for a typing error]`,
    )
  })
})

test('every row expects an error that is always retried, or never, or says that both are right', () => {
  const retryable = new Set(['KMS_THROTTLED', 'KMS_UNAVAILABLE', 'KMS_TIMEOUT'])
  for (const { id, expected } of faultTable) {
    const kinds = new Set(expected.codes.map((code) => (retryable.has(code) ? 'yes' : 'no')))
    expect([id, [...kinds]]).toEqual([id, expected.retry === 'either' ? expect.any(Array) : [expected.retry]])
  }
})

test('no row takes an unreadable refusal for "unknown"', () => {
  for (const { expected } of faultTable) for (const code of expected.codes) expect(code).not.toMatch(/UNKNOWN/)
})
