import { after, before, describe, test } from 'node:test'

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

const FAULT_MS = 60_000

/** Runs the contract on a provider, as tests of `node:test`. The titles name the operations that the KMS lacks, with the reason. @throws FacadeError if the facade is not complete. */
export function describeKmsProvider(facade: KmsFacade): void {
  checkFacade(facade)
  void describe(suiteTitle(facade), () => {
    before(() => facade.start())
    after(() => facade.stop())
    void test(FACADE_TITLE, () => {
      checkStarted(facade)
    })
    for (const [theme, clauses] of Object.entries(themes)) {
      void describe(theme, () => {
        for (const clause of clauses)
          void test(clauseTitle(clause, facade.manifest), { timeout: timeoutOf(clause) + 10_000 }, () =>
            runClause(clause, facade),
          )
      })
    }
  })
}

/** Runs the fault table on a provider that speaks HTTP, as tests of `node:test`. */
export function describeFaults(facade: FaultFacade): void {
  void describe(`${facade.name}, when something goes wrong on the way`, () => {
    before(() => facade.start())
    after(() => facade.stop())
    for (const row of faultTable) void test(faultTitle(row, facade), { timeout: FAULT_MS }, () => runFault(row, facade))
  })
}
