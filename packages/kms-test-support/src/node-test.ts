import { after, before, describe, test } from 'node:test'

import { clauseTitle } from './clause/clause-title.ts'
import { runClause, timeoutOf } from './clause/run-clause.ts'
import { themes } from './clauses/index.ts'
import type { KmsFacade } from './facade/kms-facade.ts'
import { suiteTitle } from './runner/suite-title.ts'

/** Runs the contract on a provider, as tests of `node:test`. What the KMS cannot do stands in the titles, with the reason. */
export function describeKmsProvider(facade: KmsFacade): void {
  void describe(suiteTitle(facade), () => {
    before(() => facade.start())
    after(() => facade.stop())
    for (const [theme, clauses] of Object.entries(themes)) {
      void describe(theme, () => {
        for (const clause of clauses) void test(clauseTitle(clause, facade.manifest), { timeout: timeoutOf(clause) + 10_000 }, () => runClause(clause, facade))
      })
    }
  })
}
