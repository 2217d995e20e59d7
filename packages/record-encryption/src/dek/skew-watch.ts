import type { Moment } from '@keyfold/kms-api'

const MAX_SKEW_MS = 5_000

/** Notices that the machine was suspended, or that its wall clock was moved: the two clocks went different ways for more than 5 s. */
export class SkewWatch {
  #last: Moment | undefined

  /** Says whether the clocks parted since the last call. */
  parted(now: Moment): boolean {
    const last = this.#last
    this.#last = now
    if (last === undefined) return false
    return Math.abs(now.wall - last.wall - (now.monotonic - last.monotonic)) > MAX_SKEW_MS
  }
}
