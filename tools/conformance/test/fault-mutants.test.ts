import { describe, expect, test } from 'vitest'

import { ClauseError } from '@keyfold/kms-test-support'
import { faultTable, runFault } from '@keyfold/kms-test-support/faults'

import { faultMutants } from '../src/http/fault-mutants.ts'
import { httpFaultFacade } from '../src/http/http-facade.ts'

describe('every broken HTTP provider is caught by the row that is meant for it', () => {
  for (const { name, row: title, provider } of faultMutants) {
    const row = faultTable.find((each) => each.title.startsWith(title) || each.title.endsWith(title))
    test(`one that ${name} breaks ${row?.id ?? ''} (${title})`, async () => {
      if (row === undefined) throw new TypeError(`"row" expected a part of a title, got ${title}`)
      const facade = httpFaultFacade({ provider: provider })
      await facade.start()
      try {
        await expect(runFault(row, facade)).rejects.toThrow(ClauseError)
      } finally {
        await facade.stop()
      }
    })
  }
})

test('the fault table has at least 60 rows, with ids that count up', () => {
  expect(faultTable.length).toBeGreaterThanOrEqual(60)
  expect(faultTable.map(({ id }) => id)).toEqual(faultTable.map((_, i) => `F${String(i + 1).padStart(2, '0')}`))
  expect(new Set(faultTable.map(({ title }) => title)).size).toBe(faultTable.length)
})
