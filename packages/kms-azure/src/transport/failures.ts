/** What a response of an error status says. Codes only: never its message. */
export interface StatusFacts {
  readonly status: number
  /** In the words of Key Vault; absent if the response is not one of its own. */
  readonly code?: string | undefined
  /** The code that says more, for example `KeyDisabled`. */
  readonly innerCode?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** A response that is no success. */
export class StatusFailure extends Error {
  override readonly name = 'StatusFailure'
  readonly facts: StatusFacts

  constructor(facts: StatusFacts) {
    super(`status ${facts.status}`)
    this.facts = facts
  }
}

/** A response that reports success and is none. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure'
  /** What was expected, as a noun phrase. */
  readonly expected: string

  constructor(expected: string) {
    super('a response that cannot be used')
    this.expected = expected
  }
}

/** A challenge that asks for a token of another resource: whoever responded could use it there. */
export class ChallengeFailure extends Error {
  override readonly name = 'ChallengeFailure'
  readonly expected: string

  constructor(expected: string) {
    super('a challenge of another resource')
    this.expected = expected
  }
}
