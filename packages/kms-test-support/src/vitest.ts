import { afterAll, beforeAll, describe, test } from 'vitest'

import { clauseTitle } from './clause/clause-title.ts'
import { runClause, timeoutOf } from './clause/run-clause.ts'
import { themes } from './clauses/index.ts'
import { checkFacade } from './facade/check-facade.ts'
import { checkStarted } from './facade/check-started.ts'
import type { KmsFacade } from './facade/kms-facade.ts'
import type { FaultFacade } from './faults/fault-facade.ts'
import { faultTable } from './faults/fault-table.ts'
import { faultTitle } from './faults/fault-title.ts'
import { runFault } from './faults/run-fault.ts'
import { FACADE_TITLE, suiteTitle } from './runner/suite-title.ts'

const START_MS = 300_000
const FAULT_MS = 60_000

/** Runs the contract on a provider, as tests of Vitest. The titles name the operations that the KMS lacks, with the reason. @throws FacadeError if the facade is not complete. */
export function describeKmsProvider(facade: KmsFacade): void {
  checkFacade(facade)
  describe(suiteTitle(facade), () => {
    beforeAll(() => facade.start(), START_MS)
    afterAll(() => facade.stop(), START_MS)
    test(FACADE_TITLE, () => {
      checkStarted(facade)
    })
    for (const [theme, clauses] of Object.entries(themes)) {
      describe(theme, () => {
        for (const clause of clauses)
          test(clauseTitle(clause, facade.manifest), () => runClause(clause, facade), timeoutOf(clause) + 10_000)
      })
    }
  })
}

/** Runs the fault table on a provider that speaks HTTP, as tests of Vitest. */
export function describeFaults(facade: FaultFacade): void {
  describe(`${facade.name}, when something goes wrong on the way`, () => {
    beforeAll(() => facade.start(), START_MS)
    afterAll(() => facade.stop(), START_MS)
    for (const row of faultTable) test(faultTitle(row, facade), () => runFault(row, facade), FAULT_MS)
  })
}
