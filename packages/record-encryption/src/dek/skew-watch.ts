import type { Moment } from '@keyfold/kms-api'

const MAX_SKEW_MS = 5_000

/** Detects that the machine was suspended, or that its wall clock was set: the two clocks differ by more than 5 s. */
export class SkewWatch {
  #last: Moment | undefined

  /** Returns whether the clocks diverged since the last call. */
  parted(now: Moment): boolean {
    const last = this.#last
    this.#last = now
    if (last === undefined) return false
    return Math.abs(now.wall - last.wall - (now.monotonic - last.monotonic)) > MAX_SKEW_MS
  }
}
