import { afterAll, beforeAll, describe, test } from 'vitest'

import { faultTable, runFault } from '@keyfold/kms-test-support/faults'

import { httpFaultFacade } from '../src/http/http-facade.ts'

/** Where TLS makes a difference to how the fault comes about. */
const TITLES = [
  'an answer that takes 100 ms is waited for',
  'a KMS that reads and never answers',
  'a reset before the headers',
  'a reset in the middle of the body',
  'half a body under the right length',
  'something that is not HTTP',
  '307 to another origin, where nothing may arrive',
  'a certificate for another host',
]

describe('faults of a KMS that speaks HTTPS only', () => {
  const facade = httpFaultFacade({ security: 'good' })
  beforeAll(() => facade.start())
  afterAll(() => facade.stop())
  for (const title of TITLES) {
    test(title, async () => {
      const row = faultTable.find((each) => each.title === title)
      if (row === undefined) throw new TypeError(`"title" expected one of the table, got ${title}`)
      await runFault(row, facade)
    })
  }
})
