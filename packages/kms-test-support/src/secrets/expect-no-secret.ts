import { ClauseError } from '../assertions/clause-error.ts'
import { formsOf } from './forms-of.ts'
import { textsOf } from './texts-of.ts'

/** Breaks the clause when a secret shows in anything that could be printed of a value. The message does not say which secret. */
export function expectNoSecret(value: unknown, secrets: readonly (string | Uint8Array)[], what: string): void {
  // Lists of numbers are printed in columns.
  const texts = textsOf(value).flatMap((text) => [text, text.replace(/\s+/g, ' ')])
  for (const secret of secrets) {
    if (formsOf(secret).some((form) => texts.some((text) => text.includes(form)))) {
      throw new ClauseError(
        `${what} expected to show no secret, got one when it is printed (message, property, cause, inspect or JSON)`,
      )
    }
  }
}
