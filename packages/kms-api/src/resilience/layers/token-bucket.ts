import { elapsedMs, momentOf, type Moment } from '../../clock/moment.ts'
import { scheduleOf } from '../../clock/schedule.ts'
import type { Clock } from '../../provider.ts'

/** Size and refill of a bucket. */
export interface TokenBucketOptions {
  /** Tokens of a full bucket. Default 200. */
  readonly tokens: number
  /** Tokens that come back in a second. Default 20. */
  readonly refillPerSecond: number
}

const SECOND = 1_000

interface Waiter {
  readonly deadlineMs: number
  readonly settle: (taken: boolean) => void
}

/** Tokens that are refilled at a constant rate, up to a limit, and a first-in, first-out queue for them. One timer runs while a call waits. */
export class TokenBucket {
  readonly #options: TokenBucketOptions
  readonly #clock: Clock
  readonly #waiting = new Set<Waiter>()
  #tokens: number
  #at: Moment
  #cancelTimer: (() => void) | undefined

  constructor(options: TokenBucketOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#tokens = options.tokens
    this.#at = momentOf(clock)
  }

  /**
   * Takes a token, as soon as there is one.
   *
   * @param deadlineMs - on the monotonic clock.
   * @returns false, and nothing taken, when there will be none before the deadline.
   * @throws the signal's reason.
   */
  async take(deadlineMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted()
    this.#refill()
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens--
      return true
    }
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    const waiter: Waiter = {
      deadlineMs,
      settle: (taken) => {
        signal?.removeEventListener('abort', abort)
        resolve(taken)
      },
    }
    const abort = (): void => {
      this.#waiting.delete(waiter)
      this.#serve()
      // The reason is the caller's, of whatever type it is.
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.add(waiter)
    this.#serve()
    return promise
  }

  giveBack(): void {
    this.#tokens = Math.min(this.#tokens + 1, this.#options.tokens)
    if (this.#waiting.size > 0) this.#serve()
  }

  /** Grants tokens to waiting calls, rejects those that cannot get one in time, and sets the timer for the next. */
  #serve(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#refill()
    const nextAt = this.#clock.monotonic() + this.#nextTokenMs()
    for (const waiter of this.#waiting) {
      if (this.#tokens >= 1) this.#tokens--
      else if (nextAt < waiter.deadlineMs) continue
      else {
        this.#waiting.delete(waiter)
        waiter.settle(false)
        continue
      }
      this.#waiting.delete(waiter)
      waiter.settle(true)
    }
    if (this.#waiting.size === 0) return
    this.#cancelTimer = scheduleOf(this.#clock)(this.#nextTokenMs(), () => {
      this.#serve()
    })
  }

  #nextTokenMs(): number {
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#options.refillPerSecond) * SECOND)
  }

  /** A clock that jumps ahead fills the bucket once, and one that is set back takes nothing away. */
  #refill(): void {
    const now = momentOf(this.#clock)
    const elapsed = Math.max(0, elapsedMs(this.#at, now))
    this.#at = now
    this.#tokens = Math.min(this.#tokens + (elapsed / SECOND) * this.#options.refillPerSecond, this.#options.tokens)
  }
}
