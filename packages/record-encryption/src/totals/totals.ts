import { LRUCache } from 'lru-cache'

import type { Clock, Logger } from '@keyfold/kms-api'

import type { EncryptionHealth } from '../types.ts'
import type { DecryptTotals } from './decrypt-totals.ts'
import { FailingKeks } from './failing-keks.ts'
import { RejectionLog } from './rejection-log.ts'

/** Topics come from the application: many distinct names must not exhaust memory. */
const MAX_TOPICS = 1_000

/** The totals by topic and code, filled once at the end of a call. `health()`, the log and observers read from here. Bounded. */
export class Totals {
  readonly #rejected = new LRUCache<string, Map<string, number>>({ max: MAX_TOPICS })
  readonly #unbound = new LRUCache<string, number>({ max: MAX_TOPICS })
  readonly #failing: FailingKeks
  readonly #log: RejectionLog

  constructor(clock: Clock, logger: Logger | undefined) {
    this.#failing = new FailingKeks(clock)
    this.#log = new RejectionLog(clock, logger)
  }

  /** Adds the totals of a call of `decrypt`. */
  decrypted(call: DecryptTotals): void {
    const { topic, unbound, rejected } = call
    if (unbound > 0) this.#unbound.set(topic, (this.#unbound.get(topic) ?? 0) + unbound)
    this.#failing.update(call.keks)
    if (rejected.size === 0) return
    let codes = this.#rejected.get(topic)
    if (codes === undefined) {
      codes = new Map()
      this.#rejected.set(topic, codes)
    }
    for (const [code, total] of rejected) {
      codes.set(code, (codes.get(code) ?? 0) + total.count)
      this.#log.rejected(code, total)
    }
  }

  health(): Pick<EncryptionHealth, 'rejected' | 'unbound' | 'decrypting'> {
    return {
      rejected: Object.fromEntries([...this.#rejected].map(([topic, codes]) => [topic, Object.fromEntries(codes)])),
      unbound: Object.fromEntries(this.#unbound),
      decrypting: { failing: this.#failing.health() },
    }
  }
}
