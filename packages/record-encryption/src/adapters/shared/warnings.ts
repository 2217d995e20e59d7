import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Clock, type Logger, type Moment } from '@keyfold/kms-api'

const EVERY_MS = 60_000
const MAX_LINES = 1_000

/** Logs one line at once for a topic and code, then at most one a minute. */
export class Warnings {
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  readonly #lines = new LRUCache<string, Moment>({ max: MAX_LINES })

  constructor(clock: Clock, logger: Logger | undefined) {
    this.#clock = clock
    this.#logger = logger
  }

  warn(topic: string, code: string, fields: object, message: string): void {
    if (this.#logger === undefined) return
    const key = JSON.stringify([topic, code])
    const now = momentOf(this.#clock)
    const last = this.#lines.get(key)
    if (last !== undefined && elapsedMs(last, now) < EVERY_MS) return
    this.#lines.set(key, now)
    this.#logger.warn({ topic, code, ...fields }, message)
  }
}
