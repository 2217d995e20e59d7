import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Clock, type Kek, type Logger, type Moment } from '@keyfold/kms-api'

import { kekKey } from './kek-key.ts'
import type { KekVersions } from './kek-versions.ts'

/** The time that a standby has to catch up … */
const CATCH_UP_MS = 30_000
/** … and how often it is granted: a stream of forged versions must not block a topic for ever. */
const CATCH_UP_EVERY_MS = 3_600_000
/** One `resolveKek` in this time is sent for a KEK. */
const RESOLVE_EVERY_MS = 10_000
const MAX_KEKS = 10_000

/** The policy for records whose key version the KMS does not know. */
export type OnKeyAhead = 'record' | 'reject' | undefined

interface Resolving {
  readonly order: number
  readonly sentAt: Moment
  readonly resolved: Promise<Kek | undefined>
}

interface State {
  behindSince: Moment
  resolving: Resolving | undefined
  logged: boolean
}

/**
 * Decides about records whose EDEK names a newer version of a KEK than the KMS knows: a lagging standby, a KEK restored from an old backup, or a forgery. In
 * doubt the batch is rejected, so that no good record is skipped. But the writer of a record chooses the version, so a forged one must
 * eventually be rejected on its own.
 */
export class KeyAhead {
  readonly #versions: KekVersions
  readonly #onKeyAhead: OnKeyAhead
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  readonly #states = new LRUCache<string, State>({ max: MAX_KEKS })
  /** Orders arrivals and requests; clocks are too coarse for this. */
  #order = 0

  constructor(versions: KekVersions, onKeyAhead: OnKeyAhead, clock: Clock, logger: Logger | undefined) {
    this.#versions = versions
    this.#onKeyAhead = onKeyAhead
    this.#clock = clock
    this.#logger = logger
  }

  /** Notes the arrival of records. Only a `resolveKek` that is sent later says anything about them. */
  arrive(): Arrival {
    return { order: ++this.#order, at: momentOf(this.#clock) }
  }

  /**
   * Returns whether a record may be rejected on its own. `false` rejects its batch.
   *
   * @param kek - with the version that the record names.
   * @param resolve - resolves the KEK; `undefined` if the KMS denies the lookup. A response older than `maxAgeMs` does not count.
   */
  async isVerdict(
    kek: Kek,
    arrival: Arrival,
    resolve: (maxAgeMs: number) => Promise<Kek | undefined>,
  ): Promise<boolean> {
    if (this.#onKeyAhead === 'reject' || this.#versions.knows(kek)) return false
    const now = momentOf(this.#clock)
    const state = this.#stateOf(kek, now)
    if (elapsedMs(state.behindSince, now) < CATCH_UP_MS) return false
    const resolving = this.#resolve(state, arrival, now, resolve)
    if (resolving === undefined) return false
    let resolved: Kek | undefined
    try {
      resolved = await resolving
    } catch {
      return false
    }
    if (resolved !== undefined) this.#versions.note(resolved)
    if (this.#versions.knows(kek)) return false
    this.#log(state, kek, resolved)
    return true
  }

  #stateOf(kek: Kek, now: Moment): State {
    const key = kekKey(kek)
    let state = this.#states.get(key)
    if (state === undefined) {
      state = { behindSince: now, resolving: undefined, logged: false }
      this.#states.set(key, state)
    } else if (elapsedMs(state.behindSince, now) >= CATCH_UP_EVERY_MS) state.behindSince = now
    return state
  }

  #resolve(
    state: State,
    arrival: Arrival,
    now: Moment,
    resolve: (maxAgeMs: number) => Promise<Kek | undefined>,
  ): Promise<Kek | undefined> | undefined {
    const { resolving } = state
    if (resolving !== undefined) {
      if (resolving.order > arrival.order) return resolving.resolved
      if (elapsedMs(resolving.sentAt, now) < RESOLVE_EVERY_MS) return undefined
    }
    const resolved = resolve(elapsedMs(arrival.at, now))
    state.resolving = { order: ++this.#order, sentAt: now, resolved }
    return resolved
  }

  #log(state: State, kek: Kek, resolved: Kek | undefined): void {
    if (state.logged) return
    state.logged = true
    this.#logger?.error(
      { code: 'RECORD_KEY_AHEAD', kek, newest: resolved?.version },
      'a record names a version of the KEK that the KMS does not know: the KEK was restored from an older backup, or the record is forged',
    )
  }
}

/** The arrival of records. */
export interface Arrival {
  readonly order: number
  readonly at: Moment
}
