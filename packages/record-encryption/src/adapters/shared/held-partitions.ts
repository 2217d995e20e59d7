import type { Clock } from '@keyfold/kms-api'

import type { PauseLedger } from './pause-ledger.ts'
import { schedule } from './timers.ts'

const FIRST_MS = 1_000
const MAX_MS = 15_000
/** For what does not pass by itself: a denial, a missing KEK, a configuration that is wrong. */
const FIRST_SLOW_MS = 15_000
const MAX_SLOW_MS = 300_000

interface Held {
  /** Outages in a row. */
  count: number
  cancel: () => void
}

/** Partitions that are paused because the key management system does not respond, and the timers that resume them. */
export class HeldPartitions {
  readonly #clock: Clock
  readonly #ledger: PauseLedger
  readonly #held = new Map<string, Held>()
  #generation = 0

  constructor(clock: Clock, ledger: PauseLedger) {
    this.#clock = clock
    this.#ledger = ledger
  }

  /** How many outages in a row a partition had. */
  outages(topic: string, partition: number): number {
    return this.#held.get(keyOf(topic, partition))?.count ?? 0
  }

  /** Records were decrypted: the next outage is the first again. */
  recovered(topic: string, partition: number): void {
    if (this.#held.size === 0) return
    const key = keyOf(topic, partition)
    this.#held.get(key)?.cancel()
    this.#held.delete(key)
  }

  /**
   * Resumes a partition, which the caller has paused, after a back-off.
   *
   * @param pending - the call that is still in flight, if one is: the partition is resumed as soon as it succeeds.
   * @returns the back-off in milliseconds.
   */
  hold(
    topic: string,
    partition: number,
    resume: () => void,
    { slow, pending }: { readonly slow: boolean; readonly pending?: Promise<unknown> | undefined },
  ): number {
    const key = keyOf(topic, partition)
    const before = this.#held.get(key)
    before?.cancel()
    const count = (before?.count ?? 0) + 1
    const held: Held = { count, cancel: () => undefined }
    this.#held.set(key, held)
    const delayMs = Math.min(
      (slow ? FIRST_SLOW_MS : FIRST_MS) * 2 ** Math.min(count - 1, 10),
      slow ? MAX_SLOW_MS : MAX_MS,
    )
    const generation = this.#generation
    const release = (): void => {
      held.cancel()
      // What the application paused stays paused; after a stop there is nothing to resume.
      if (generation !== this.#generation || this.#ledger.isPaused(topic, partition)) return
      try {
        resume()
      } catch {
        // The consumer was stopped, crashed or lost the partition: it starts without pauses.
      }
    }
    held.cancel = schedule(this.#clock, delayMs, release)
    pending?.then(release, () => undefined)
    return delayMs
  }

  /** Ends all timers. */
  clear(): void {
    this.#generation++
    for (const { cancel } of this.#held.values()) cancel()
    this.#held.clear()
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
