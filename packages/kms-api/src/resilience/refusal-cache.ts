import { LRUCache } from 'lru-cache'

import { elapsedMs, type Moment, momentOf } from '../clock/moment.ts'
import type { Clock } from '../contract/provider.ts'

/** Limits of a {@link RefusalCache}. */
export interface RefusalLimits {
  readonly ttlMs: number
  readonly maxEntries: number
}

interface Entry<T> {
  readonly refusal: T
  readonly at: Moment
}

/** Refusals that stand for a while: who repeats a question that has no answer costs no request. Their age counts as that of answers does. */
export class RefusalCache<T> {
  readonly #entries: LRUCache<string, Entry<T>>
  readonly #ttlMs: number
  readonly #clock: Clock

  constructor({ ttlMs, maxEntries }: RefusalLimits, clock: Clock) {
    this.#entries = new LRUCache({ max: maxEntries })
    this.#ttlMs = ttlMs
    this.#clock = clock
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && elapsedMs(entry.at, momentOf(this.#clock)) < this.#ttlMs ? entry.refusal : undefined
  }

  set(key: string, refusal: T): void {
    this.#entries.set(key, { refusal, at: momentOf(this.#clock) })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
