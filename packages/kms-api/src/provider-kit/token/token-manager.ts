import { randomBytes } from 'node:crypto'

import { elapsedMs, momentOf, systemClock, type Moment } from '../../clock/moment.ts'
import { scheduleUnref, type Schedule } from '../../clock/schedule.ts'
import { withSignal } from '../../clock/with-signal.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import type { Clock } from '../../provider.ts'
import type { TokenGrant, TokenSource } from './token-source.ts'

/** A token is renewed when this share of its life is over, or up to a tenth earlier, so that many processes do not renew at the same time. */
const RENEW_AT = 2 / 3
const JITTER = 0.1
/** A rejected login is not repeated for this time, because servers lock accounts. */
const REJECTED_PAUSE_MS = 5_000
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000
/** Servers round to seconds: a renewal that gives more than this less has met a limit. */
const ROUNDING_MS = 1_000

/** Replacements of the defaults, by a provider or a test. */
export interface TokenManagerOptions {
  readonly clock?: Clock | undefined
  readonly schedule?: Schedule | undefined
  /** The jitter of a renewal before 2/3 of the lifetime, as a number from 0 to 1; from `randomBytes` by default. */
  readonly jitter?: (() => number) | undefined
  /** Returns whether a failure is permanent; by default according to a `KmsError`. */
  readonly isFinal?: ((error: unknown) => boolean) | undefined
  /** Told when a renewal in the background fails. */
  readonly onProblem?: ((error: unknown) => void) | undefined
}

/** A token in use. `generation` grows with each new one. */
export interface CurrentToken {
  readonly token: string
  readonly generation: number
}

interface Held extends CurrentToken {
  readonly grant: TokenGrant
  readonly since: Moment
  /** Whether the next renewal is to be a new login, because the last prolonged less than before: the token nears its last hour. */
  readonly exhausted: boolean
}

/**
 * Keeps one token alive: obtains it at the first use, renews it in the background at 2/3 of its life, obtains another when renewing ends, and
 * gives it back at the end. Whoever asks, one renewal runs at a time. Timers keep no process alive, and survive lives beyond 2^31 ms.
 */
export class TokenManager {
  readonly #source: TokenSource
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #jitter: () => number
  readonly #isFinal: (error: unknown) => boolean
  readonly #onProblem: (error: unknown) => void
  readonly #closing = new AbortController()
  #held: Held | undefined
  #flight: Promise<Held> | undefined
  #rejected: { readonly error: unknown; readonly at: Moment } | undefined
  #alarm: { readonly at: Moment; readonly delayMs: number; readonly cancel: () => void } | undefined
  #failing = false
  #generation = 0
  #closed: Promise<void> | undefined

  constructor(source: TokenSource, options: TokenManagerOptions = {}) {
    const {
      clock = systemClock,
      schedule = scheduleUnref,
      jitter = randomShare,
      isFinal = isFinalKmsError,
      onProblem = () => undefined,
    } = options
    this.#source = source
    this.#clock = clock
    this.#schedule = schedule
    this.#jitter = jitter
    this.#isFinal = isFinal
    this.#onProblem = onProblem
  }

  /** Whether the last renewal or login failed. */
  get failing(): boolean {
    return this.#failing
  }

  /** Returns the token, and waits only if none is valid. @throws the error of obtaining one; the signal's reason. */
  async get(signal?: AbortSignal): Promise<CurrentToken> {
    const held = this.#held
    if (held !== undefined) {
      const age = elapsedMs(held.since, momentOf(this.#clock))
      // The timer may be late: a machine was asleep, or the clock was set.
      if (age < lifeOf(held)) {
        if (this.#isDue()) this.#renewInBackground()
        return held
      }
    }
    return await withSignal(() => this.#refresh(), signal)
  }

  /**
   * Reports that the server does not know the token of `generation`: another is obtained, unless that has happened already.
   *
   * @returns whether there is another token now.
   */
  async replace({ generation, token }: CurrentToken, signal?: AbortSignal): Promise<boolean> {
    if (this.#held === undefined || this.#held.generation === generation) {
      this.#held = undefined
      await withSignal(() => this.#refresh(), signal)
    }
    return this.#held?.token !== token
  }

  /** Ends timers and what runs, and gives the token back where it was logged in for. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    this.#alarm?.cancel()
    await this.#flight?.catch(() => undefined)
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) await this.#source.revoke?.(held.token)
  }

  #refresh(): Promise<Held> {
    this.#flight ??= this.#next().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #next(): Promise<Held> {
    this.#closing.signal.throwIfAborted()
    const rejected = this.#rejected
    if (rejected !== undefined && elapsedMs(rejected.at, momentOf(this.#clock)) < REJECTED_PAUSE_MS)
      throw rejected.error
    const before = this.#held
    try {
      const since = momentOf(this.#clock)
      const renewed = await this.#renewed(before)
      const grant = renewed ?? (await this.#source.obtain(this.#closing.signal))
      this.#rejected = undefined
      this.#failing = false
      return this.#hold(grant, since, renewed === undefined ? undefined : before)
    } catch (error) {
      this.#failing = true
      if (this.#isFinal(error)) this.#rejected = { error, at: momentOf(this.#clock) }
      throw error
    }
  }

  /** Returns `undefined` if another token must be obtained. */
  async #renewed(held: Held | undefined): Promise<TokenGrant | undefined> {
    if (held === undefined || this.#source.renew === undefined || !held.grant.renewable || held.exhausted)
      return undefined
    if (elapsedMs(held.since, momentOf(this.#clock)) >= lifeOf(held)) return undefined
    try {
      return await this.#source.renew(held.token, this.#closing.signal)
    } catch (error) {
      if (this.#isFinal(error)) return undefined
      throw error
    }
  }

  #hold(grant: TokenGrant, since: Moment, renewedFrom: Held | undefined): Held {
    const { ttlMs } = grant
    const same = grant.token === this.#held?.token
    const held: Held = {
      token: grant.token,
      generation: same ? this.#generation : ++this.#generation,
      grant,
      since,
      exhausted: renewedFrom !== undefined && ttlMs !== undefined && ttlMs < lifeOf(renewedFrom) - ROUNDING_MS,
    }
    this.#held = held
    this.#arm(lifeOf(held) * RENEW_AT * (1 - JITTER * this.#jitter()) - elapsedMs(since, momentOf(this.#clock)))
    return held
  }

  #arm(delayMs: number): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
    if (delayMs === Infinity || this.#closing.signal.aborted) return
    const cancel = this.#schedule(Math.max(0, delayMs), () => {
      this.#renewInBackground()
    })
    this.#alarm = { at: momentOf(this.#clock), delayMs, cancel }
  }

  #isDue(): boolean {
    return this.#alarm !== undefined && elapsedMs(this.#alarm.at, momentOf(this.#clock)) >= this.#alarm.delayMs
  }

  #renewInBackground(): void {
    if (this.#flight !== undefined || this.#closing.signal.aborted) return
    this.#refresh().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return
      this.#onProblem(error)
      const held = this.#held
      if (held === undefined) return
      const left = lifeOf(held) - elapsedMs(held.since, momentOf(this.#clock))
      // After its end, the next call obtains another.
      if (left <= 0) return
      const shortest = this.#rejected === undefined ? MIN_PAUSE_MS : REJECTED_PAUSE_MS
      this.#arm(Math.min(MAX_PAUSE_MS, Math.max(shortest, left / 10)) * (1 + JITTER * this.#jitter()))
    })
  }
}

function lifeOf({ grant }: Held): number {
  return grant.ttlMs ?? Infinity
}

function isFinalKmsError(error: unknown): boolean {
  return isKmsError(error) && !error.retryable
}

function randomShare(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}
