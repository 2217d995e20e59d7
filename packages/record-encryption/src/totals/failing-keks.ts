import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Clock, type Kek, type Moment } from '@keyfold/kms-api'

import { kekKey } from '../keks/kek-key.ts'
import type { EncryptionHealth } from '../types.ts'
import type { KekTotal } from './decrypt-totals.ts'

const MAX_KEKS = 1_000

interface Failing {
  readonly kek: Kek
  readonly code: string
  readonly since: Moment
}

/** The KEKs no EDEK of which has been unwrapped since a failure. A success, also from the cache, removes the KEK. */
export class FailingKeks {
  readonly #clock: Clock
  readonly #keks = new LRUCache<string, Failing>({ max: MAX_KEKS })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  update(totals: readonly KekTotal[]): void {
    for (const { kek, code } of totals) {
      const key = kekKey(kek)
      if (code === undefined) this.#keks.delete(key)
      else this.#keks.set(key, { kek, code, since: this.#keks.get(key)?.since ?? momentOf(this.#clock) })
    }
  }

  health(): EncryptionHealth['decrypting']['failing'] {
    const now = momentOf(this.#clock)
    return [...this.#keks.values()].map(({ kek, code, since }) => ({ kek, code, sinceMs: elapsedMs(since, now) }))
  }
}
