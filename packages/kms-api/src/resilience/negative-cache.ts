import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import type { Clock } from '../provider.ts'

/** Limits of a {@link NegativeCache}. */
export interface NegativeCacheLimits {
  /** The duration of the first rejection, in milliseconds. Each later one lasts twice as long. */
  readonly firstMs: number
  /** … up to this. */
  readonly ttlMs: number
  readonly maxEntries: number
}

interface Entry<T> {
  readonly rejection: T
  readonly at: Moment
  readonly ttlMs: number
}

/**
 * Remembers rejections: a request that the KMS rejected is not repeated until its TTL, counted from when it was sent, has passed.
 */
export class NegativeCache<T> {
  readonly #limits: NegativeCacheLimits
  readonly #clock: Clock
  /** Expired entries are kept too, because the next rejection stands twice as long. */
  readonly #entries: LRUCache<string, Entry<T>>

  constructor(limits: NegativeCacheLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#entries = new LRUCache({ max: limits.maxEntries })
  }

  /** @param maxAgeMs - a rejection older than this does not count either. */
  get(key: string, maxAgeMs = Number.POSITIVE_INFINITY): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const age = elapsedMs(entry.at, momentOf(this.#clock))
    return age < entry.ttlMs && age <= maxAgeMs ? entry.rejection : undefined
  }

  /**
   * @param sentAt - when the request was sent. One that was sent while an earlier rejection stood was in flight beside it, and doubles nothing.
   */
  set(key: string, rejection: T, sentAt: Moment): void {
    this.#entries.set(key, { rejection, at: sentAt, ttlMs: this.#ttlMs(this.#entries.get(key), sentAt) })
  }

  /** Forgets a rejection, because there is a response now. */
  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  #ttlMs(before: Entry<T> | undefined, sentAt: Moment): number {
    if (before === undefined) return this.#limits.firstMs
    const stood = elapsedMs(before.at, sentAt) < before.ttlMs
    return stood ? before.ttlMs : Math.min(2 * before.ttlMs, this.#limits.ttlMs)
  }
}
