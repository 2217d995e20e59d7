import type { Clock } from '@keyfold/kms-api'

/** The machine's clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

export function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/** Milliseconds from one moment to another: the larger of the two clocks, since one may stand still (suspend) and the other jump back. */
export function elapsed(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.monotonic - from.monotonic)
}

const MOST_SKEW_MS = 5_000

/** Notices that the machine was suspended, or that its wall clock was moved: the two clocks went different ways for more than 5 s. */
export class SkewWatch {
  #last: Moment | undefined

  /** Says whether the clocks parted since the last call. */
  parted(now: Moment): boolean {
    const last = this.#last
    this.#last = now
    if (last === undefined) return false
    return Math.abs(now.wall - last.wall - (now.monotonic - last.monotonic)) > MOST_SKEW_MS
  }
}
