import { momentOf, withSignal, type Clock, type Logger } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { CredentialsFailure } from './credentials-failure.ts'
import { failureOf } from './failure-of.ts'
import type { Attempt, Credentials, Source } from './source.ts'

/** When this share of their life is over, credentials are renewed in the background, and the old ones used on. */
const REFRESH_AT = 0.8
/** Not used any more so shortly before they expire. */
const MARGIN_MS = 5_000
/** How long a failed renewal in the background is not tried again. */
const PAUSE_MS = 5_000
/** A source that hangs, for example a program, is given up, so that the next call can try again. */
const MAX_ATTEMPT_MS = 30_000

interface Held {
  readonly credentials: Credentials
  readonly refreshAt: number
  readonly expiresAt: number
}

/** Keeps credentials until they expire or are rejected. One renewal runs at a time, shared by all callers. */
export class CredentialCache {
  readonly #source: Source
  readonly #maxAttemptMs: number
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  #held: Held | undefined
  #flight: Promise<Held> | undefined
  #pausedUntil = 0
  #generation = 0
  readonly #closing = new AbortController()

  constructor(source: Source, clock: Clock, logger?: Logger, maxAttemptMs = MAX_ATTEMPT_MS) {
    this.#maxAttemptMs = maxAttemptMs
    this.#source = source
    this.#clock = clock
    this.#logger = logger
  }

  /** Grows with each renewal. */
  get generation(): number {
    return this.#generation
  }

  /** Returns the current credentials; the SDK calls it before each request. */
  async get(): Promise<Credentials> {
    const now = momentOf(this.#clock).wall
    const held = this.#held
    if (held === undefined || now >= held.expiresAt) return (await this.#renewal()).credentials
    if (now >= held.refreshAt && now >= this.#pausedUntil) {
      this.#pausedUntil = now + PAUSE_MS
      this.#renewal().catch((error: unknown) => {
        this.#report(error)
      })
    }
    return held.credentials
  }

  /** Obtains others than those that AWS rejected; does nothing if those of `generation` have been renewed already. */
  async renew(generation: number | undefined): Promise<void> {
    if (generation === this.#generation) await this.#renewal()
  }

  /** Ends what runs. */
  close(): void {
    this.#closing.abort()
  }

  #report(error: unknown): void {
    const { cause } = error as CredentialsFailure
    this.#logger?.warn(
      { provider: 'aws', err: sanitizeCause(cause) },
      'the credentials could not be renewed; the old ones are used until they expire',
    )
  }

  #renewal(): Promise<Held> {
    this.#flight ??= this.#fetchNow().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #fetchNow(): Promise<Held> {
    const attempt: Attempt = {
      signal: AbortSignal.any([AbortSignal.timeout(this.#maxAttemptMs), this.#closing.signal]),
      trace: {},
    }
    try {
      const credentials = await withSignal(() => this.#source(attempt), attempt.signal)
      const now = momentOf(this.#clock).wall
      const expiresAt = credentials.expiration === undefined ? Infinity : credentials.expiration.getTime() - MARGIN_MS
      this.#held = { credentials, expiresAt, refreshAt: now + REFRESH_AT * (expiresAt - now) }
      this.#generation++
      return this.#held
    } catch (error) {
      throw new CredentialsFailure(failureOf(error, attempt.trace))
    }
  }
}
