import type { Clock } from '../contract/provider.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** The process's own clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Reads both clocks. */
export function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/**
 * Says how many milliseconds passed from one moment to another: the larger of what the two clocks say. The monotonic one stands still while a
 * machine sleeps, the wall clock may be set back; nothing must live longer for either.
 */
export function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.monotonic - from.monotonic)
}
