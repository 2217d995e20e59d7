import { ClauseError, runClause, type Clause } from '@keyfold/kms-test-support'

import { inMemoryFacade } from '../in-memory/in-memory-facade.ts'
import type { Mutant } from './mutant.ts'

/** What became of a clause: it holds, it is broken, or it could not begin. */
export type Fate = 'holds' | 'broken' | 'could not begin'

/** Runs a clause on a broken provider. */
export async function fateOf(clause: Clause, mutant: Mutant): Promise<Fate> {
  try {
    await runClause(clause, inMemoryFacade(mutant))
    return 'holds'
  } catch (error) {
    return error instanceof ClauseError ? 'broken' : 'could not begin'
  }
}
