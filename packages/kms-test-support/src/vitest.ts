import { afterAll, beforeAll, describe, test } from 'vitest'

import { clauseTitle } from './clause/clause-title.ts'
import { runClause, timeoutOf } from './clause/run-clause.ts'
import { themes } from './clauses/index.ts'
import type { KmsFacade } from './facade/kms-facade.ts'
import { suiteTitle } from './runner/suite-title.ts'

const START_MS = 300_000

/** Runs the contract on a provider, as tests of Vitest. What the KMS cannot do stands in the titles, with the reason. */
export function describeKmsProvider(facade: KmsFacade): void {
  describe(suiteTitle(facade), () => {
    beforeAll(() => facade.start(), START_MS)
    afterAll(() => facade.stop(), START_MS)
    for (const [theme, clauses] of Object.entries(themes)) {
      describe(theme, () => {
        for (const clause of clauses) test(clauseTitle(clause, facade.manifest), () => runClause(clause, facade), timeoutOf(clause) + 10_000)
      })
    }
  })
}
