import { isDekError } from '@keyfold/kms-api'

import { ClauseError } from '../assertions/clause-error.ts'
import { describe } from '../assertions/describe.ts'
import { expectThat } from '../assertions/expect.ts'

/** Expects `use` to throw a `DekError` of one code. */
export function expectDekError(use: () => unknown, code: Parameters<typeof isDekError>[1], what: string): void {
  try {
    use()
  } catch (error) {
    expectThat(isDekError(error, code), `${what} expected ${code ?? ''}, got ${describe(error)}`, error)
    return
  }
  throw new ClauseError(`${what} expected ${code ?? ''}, got success`)
}
