import { describe } from './describe.ts'

/** Reports that a clause could not begin because its preparation failed. Another clause reports the reason. */
export class PreparationError extends Error {
  override readonly name = 'PreparationError'

  constructor(what: string, cause: unknown) {
    super(`${what} expected to succeed, so that the clause can begin, got ${describe(cause)}`, { cause })
  }
}
