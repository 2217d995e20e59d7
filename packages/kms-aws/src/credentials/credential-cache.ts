import type { Clock, Logger } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { CredentialsFailure } from './credentials-failure.ts'

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Fetches credentials anew. `properties` are the SDK's, for the clients of STS that it may make. */
export type FetchCredentials = (properties: object) => Promise<Credentials>

/** When this share of their life is over, credentials are renewed in the background, and the old ones used on. */
const REFRESH_AT = 0.8
/** Not used any more so shortly before they expire. */
const MARGIN_MS = 5_000
/** How long a failed renewal in the background is not tried again. */
const PAUSE_MS = 5_000

interface Held {
  readonly credentials: Credentials
  readonly refreshAt: number
  readonly expiresAt: number
}

/** Keeps credentials until they expire or are refused. One renewal at a time, whoever asks for it. */
export class CredentialCache {
  readonly #fetch: FetchCredentials
  readonly #clock: Pick<Clock, 'now'>
  readonly #logger: Logger | undefined
  #held: Held | undefined
  #flight: Promise<Held> | undefined
  #pausedUntil = 0
  #generation = 0

  constructor(fetch: FetchCredentials, clock: Pick<Clock, 'now'>, logger?: Logger) {
    this.#fetch = fetch
    this.#clock = clock
    this.#logger = logger
  }

  /** Grows with each renewal. */
  get generation(): number {
    return this.#generation
  }

  /** What the SDK asks before each request. */
  async get(properties: object = {}): Promise<Credentials> {
    const now = this.#clock.now()
    const held = this.#held
    if (held === undefined || now >= held.expiresAt) return (await this.#renewal(properties)).credentials
    if (now >= held.refreshAt && now >= this.#pausedUntil) {
      this.#pausedUntil = now + PAUSE_MS
      this.#renewal(properties).catch((error: unknown) => {
        this.#report(error)
      })
    }
    return held.credentials
  }

  /** Fetches credentials that AWS does not know as bad; nothing happens when somebody renewed those of `generation` already. */
  async renew(generation: number | undefined): Promise<void> {
    if (generation === this.#generation) await this.#renewal({})
  }

  #report(error: unknown): void {
    const { cause } = error as CredentialsFailure
    this.#logger?.warn(
      { provider: 'aws', err: sanitizeCause(cause) },
      'the credentials could not be renewed; the old ones are used until they expire',
    )
  }

  #renewal(properties: object): Promise<Held> {
    this.#flight ??= this.#fetchNow(properties).finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #fetchNow(properties: object): Promise<Held> {
    try {
      const credentials = await this.#fetch(properties)
      const now = this.#clock.now()
      const expiresAt = credentials.expiration === undefined ? Infinity : credentials.expiration.getTime() - MARGIN_MS
      this.#held = { credentials, expiresAt, refreshAt: now + REFRESH_AT * (expiresAt - now) }
      this.#generation++
      return this.#held
    } catch (error) {
      throw new CredentialsFailure(error)
    }
  }
}
