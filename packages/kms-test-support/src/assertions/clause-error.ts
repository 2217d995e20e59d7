/** Reports that a clause of the contract is broken. The message names the expected and the actual result. */
export class ClauseError extends Error {
  override readonly name = 'ClauseError'
}
