/**
 * Why there are no credentials. `missing`: nothing to obtain them from. `rejected`: a service said no. `unavailable`: a service could not be
 * reached, or cannot serve now. `throttled`, `timeout`: as they say. `invalid`: a service returned something else.
 */
export type SourceProblem = 'missing' | 'rejected' | 'unavailable' | 'throttled' | 'timeout' | 'invalid'

/** What is known about the failure. Holds no text of a service. */
export interface SourceFailureFacts {
  /** What was tried, in the operator's words: `profile "p"`. */
  readonly tried?: readonly string[] | undefined
  /** An identifier of the vendor or the system. */
  readonly reason?: string | undefined
  /** The origin that was asked. */
  readonly endpoint?: string | undefined
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
  /** What the operator can do about it. */
  readonly advice?: string | undefined
  readonly cause?: unknown
}

/** A credential source failed. Internal: it becomes an error of the contract, and its cause is sanitised there. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure'
  readonly problem: SourceProblem
  readonly facts: SourceFailureFacts

  constructor(problem: SourceProblem, facts: SourceFailureFacts) {
    super(problem, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.problem = problem
    this.facts = facts
  }
}
