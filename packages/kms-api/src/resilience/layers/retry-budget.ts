/** Limits the retries of one KMS to about a tenth of its calls, so that an outage is not multiplied. */
export interface RetryBudgetOptions {
  /** Tokens when nothing has failed. Default 100. */
  readonly budgetTokens: number
  /** Tokens that a retry costs. Default 5. */
  readonly retryCost: number
  /** Tokens that a retry after a time-out costs. Default 10. */
  readonly timeoutCost: number
}

/** A bucket of tokens: each retry costs some, each success gives one back. */
export class RetryBudget {
  readonly #options: RetryBudgetOptions
  #tokens: number

  constructor(options: RetryBudgetOptions) {
    this.#options = options
    this.#tokens = options.budgetTokens
  }

  get tokens(): number {
    return this.#tokens
  }

  /** Takes the tokens of one retry. False, and nothing taken, when there are too few. */
  take(afterTimeout: boolean): boolean {
    const cost = afterTimeout ? this.#options.timeoutCost : this.#options.retryCost
    if (cost > this.#tokens) return false
    this.#tokens -= cost
    return true
  }

  succeeded(): void {
    this.#tokens = Math.min(this.#tokens + 1, this.#options.budgetTokens)
  }
}
