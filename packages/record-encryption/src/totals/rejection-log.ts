import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Clock, type Logger, type Moment } from '@keyfold/kms-api'

import type { RecordErrorCode } from '../errors/record-error.ts'
import type { RejectedTotal } from './decrypt-totals.ts'

/** The minimum time between two lines for a topic and code. */
const EVERY_MS = 60_000
const MAX_LINES = 1_000

interface Line {
  readonly at: Moment
  /** Rejections since that line. */
  count: number
}

/** Warns about rejected records: one line at once for a topic and code, then at most one a minute, with the number since the last. */
export class RejectionLog {
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  readonly #lines = new LRUCache<string, Line>({ max: MAX_LINES })

  constructor(clock: Clock, logger: Logger | undefined) {
    this.#clock = clock
    this.#logger = logger
  }

  rejected(code: RecordErrorCode, { count, first }: RejectedTotal): void {
    if (this.#logger === undefined) return
    const key = JSON.stringify([first.topic, code])
    const now = momentOf(this.#clock)
    const last = this.#lines.get(key)
    if (last !== undefined && elapsedMs(last.at, now) < EVERY_MS) {
      last.count += count
      return
    }
    this.#lines.set(key, { at: now, count: 0 })
    const { topic, partition, offset } = first
    this.#logger.warn(
      { code, topic, count: count + (last?.count ?? 0), partition, offset },
      `records were rejected; the latest: ${first.message}`,
    )
  }
}
