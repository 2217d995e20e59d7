import { describe } from './describe.ts'

/** A clause could not begin: what it needs first failed. Another clause says why. */
export class PreparationError extends Error {
  override readonly name = 'PreparationError'

  constructor(what: string, cause: unknown) {
    super(`${what} expected to succeed, so that the clause can begin, got ${describe(cause)}`, { cause })
  }
}
