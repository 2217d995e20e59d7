/** A clause of the contract is broken. The message says what was expected and what was got. */
export class ClauseError extends Error {
  override readonly name = 'ClauseError'
}
