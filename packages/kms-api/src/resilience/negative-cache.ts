import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import type { Clock } from '../contract/provider.ts'

/** Limits of a {@link NegativeCache}. */
export interface NegativeCacheLimits {
  /** How long a refusal stands the first time, in milliseconds. Each that follows on it stands twice as long. */
  readonly firstMs: number
  /** … up to this. */
  readonly ttlMs: number
  readonly maxEntries: number
}

interface Entry<T> {
  readonly refusal: T
  readonly at: Moment
  readonly ttlMs: number
}

/** Rejections that stand for a while: who repeats a question that has no answer causes few requests. They count from when the KMS was asked. */
export class NegativeCache<T> {
  readonly #limits: NegativeCacheLimits
  readonly #clock: Clock
  /** Those that stand no more are kept too, so that the next stands longer. */
  readonly #entries: LRUCache<string, Entry<T>>

  constructor(limits: NegativeCacheLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#entries = new LRUCache({ max: limits.maxEntries })
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && elapsedMs(entry.at, momentOf(this.#clock)) < entry.ttlMs ? entry.refusal : undefined
  }

  /** @param asked - when the KMS was. */
  set(key: string, refusal: T, asked: Moment): void {
    const { firstMs, ttlMs } = this.#limits
    const before = this.#entries.get(key)
    this.#entries.set(key, {
      refusal,
      at: asked,
      ttlMs: Math.min(before === undefined ? firstMs : 2 * before.ttlMs, ttlMs),
    })
  }

  /** Forgets a refusal: there is an answer now. */
  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
