import { elapsedMs, momentOf, type Moment } from '../../clock/moment.ts'
import type { Clock } from '../../provider.ts'
import type { Random } from './retry.ts'

/** The conditions that open a breaker, and its duration. */
export interface CircuitBreakerOptions {
  /** Consecutive failed requests that open it. Default 5. */
  readonly failures: number
  /** … or this share of the last {@link CircuitBreakerOptions.windowSize} requests. Default 0.5. */
  readonly failureRatio: number
  /** Requests that the share is taken of. Default 20. */
  readonly windowSize: number
  /** Requests below which the share does not count. Default 10. */
  readonly minRequests: number
  /** The duration of the first opening, in milliseconds; doubles each time that its probe fails. Default 5,000. */
  readonly openMs: number
  /** … up to this. Default 60,000. */
  readonly maxOpenMs: number
}

export type CircuitState = 'closed' | 'open' | 'half-open'

/** The outcome of a request for the breaker. `neutral` is no evidence about the KMS. */
export type Outcome = 'success' | 'failure' | 'neutral'

/** A request that the breaker let through. Must be told the outcome exactly once. */
export type Admission = (outcome: Outcome) => void

/**
 * Stops requests to a KMS that does not serve. Closed: requests pass and are counted. Open: none passes. After its time it is half-open: one request, the
 * probe, passes and decides. Runs on the injected clock; a wall clock that is set back does not keep it open.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #onChange: (state: CircuitState) => void
  /** Of the last requests while closed: whether each failed. */
  #window: boolean[] = []
  #consecutive = 0
  #openedAt: Moment | undefined
  #openForMs: number
  #probe: PromiseWithResolvers<void> | undefined
  /** Outcomes of requests that began before the state last changed are late and do not count. */
  #generation = 0

  constructor(
    options: CircuitBreakerOptions,
    clock: Clock,
    random: Random,
    onChange: (state: CircuitState) => void = () => undefined,
  ) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#onChange = onChange
    this.#openForMs = options.openMs
  }

  get state(): CircuitState {
    if (this.#openedAt === undefined) return 'closed'
    return this.#probe !== undefined || this.retryAfterMs === 0 ? 'half-open' : 'open'
  }

  /** Milliseconds until the next probe; 0 when requests may pass. */
  get retryAfterMs(): number {
    if (this.#openedAt === undefined) return 0
    return Math.max(0, Math.ceil(this.#openForMs - elapsedMs(this.#openedAt, momentOf(this.#clock))))
  }

  /** Ends with the probe that is in flight; `undefined` when there is none. Never rejects. */
  get probe(): Promise<void> | undefined {
    return this.#probe?.promise
  }

  /** Lets a request through, or returns `undefined`. */
  admit(): Admission | undefined {
    if (this.#openedAt === undefined)
      return this.#admission((outcome) => {
        this.#count(outcome)
      })
    if (this.#probe !== undefined || this.retryAfterMs > 0) return undefined
    this.#probe = Promise.withResolvers()
    return this.#admission((outcome) => {
      this.#probed(outcome)
    })
  }

  #admission(settle: (outcome: Outcome) => void): Admission {
    const generation = this.#generation
    let settled = false
    return (outcome) => {
      if (settled || generation !== this.#generation) return
      settled = true
      settle(outcome)
    }
  }

  #count(outcome: Outcome): void {
    if (outcome === 'neutral') return
    const failed = outcome === 'failure'
    this.#consecutive = failed ? this.#consecutive + 1 : 0
    this.#window.push(failed)
    if (this.#window.length > this.#options.windowSize) this.#window.shift()
    if (failed && this.#shouldOpen()) this.#open(this.#options.openMs)
  }

  #shouldOpen(): boolean {
    const { failures, failureRatio, minRequests } = this.#options
    if (this.#consecutive >= failures) return true
    const failed = this.#window.filter(Boolean).length
    return this.#window.length >= minRequests && failed >= failureRatio * this.#window.length
  }

  #probed(outcome: Outcome): void {
    const probe = this.#probe
    this.#probe = undefined
    if (outcome === 'success') this.#close()
    else if (outcome === 'failure') this.#open(Math.min(2 * this.#openForMs, this.#options.maxOpenMs))
    // Neutral: the caller of the probe went away, and the next request is the probe.
    probe?.resolve()
  }

  /** Jitter of a tenth, so that many processes do not probe at once. */
  #open(forMs: number): void {
    this.#generation++
    const opened = this.#openedAt === undefined
    this.#openedAt = momentOf(this.#clock)
    this.#openForMs = Math.min(forMs * (0.9 + 0.2 * this.#random()), this.#options.maxOpenMs)
    if (opened) this.#onChange('open')
  }

  #close(): void {
    this.#generation++
    this.#openedAt = undefined
    this.#openForMs = this.#options.openMs
    this.#consecutive = 0
    this.#window = []
    this.#onChange('closed')
  }
}
