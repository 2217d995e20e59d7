import { ClauseError } from '../assertions/clause-error.ts'
import { describe } from '../assertions/describe.ts'
import { PreparationError } from '../assertions/preparation-error.ts'
import { within } from '../assertions/within.ts'
import type { KmsFacade } from '../facade/kms-facade.ts'
import { ClauseContext } from './clause-context.ts'
import type { Clause } from './clause.ts'
import { lackingCapability } from './lacking.ts'

const DEFAULT_TIMEOUT_MS = 60_000

/** The maximum duration of a clause. */
export function timeoutOf(clause: Clause): number {
  return clause.timeoutMs ?? DEFAULT_TIMEOUT_MS
}

/**
 * Runs one clause on a facade that is started. Also fails it if a rejection stays unhandled or if it does not end.
 *
 * @throws ClauseError when the clause is broken.
 * @throws PreparationError when it could not begin.
 */
export async function runClause(clause: Clause, facade: KmsFacade): Promise<void> {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  process.on('unhandledRejection', note)
  const context = new ClauseContext(facade)
  try {
    await within(timeoutOf(clause), check(clause, context), clause.id)
  } catch (error) {
    if (error instanceof ClauseError || error instanceof PreparationError) throw error
    throw new ClauseError(`${clause.id} expected its calls to succeed, got ${describe(error)}`, { cause: error })
  } finally {
    await context.end()
    // Node reports an unhandled rejection after the microtasks of the same turn.
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
  }
  if (unhandled.length > 0)
    throw new ClauseError(`${clause.id} expected no unhandled rejection, got ${describe(unhandled[0])}`, {
      cause: unhandled[0],
    })
}

async function check(clause: Clause, context: ClauseContext): Promise<void> {
  const lacking = lackingCapability(clause, context.facade.manifest)
  if (clause.needs === undefined || lacking === undefined) await clause.run(context)
  else await clause.cannot(context, lacking)
}
