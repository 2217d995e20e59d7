import type { Clock } from '../contract/provider.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** The process's own clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Reads both clocks. */
export function moment(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/**
 * Says how many milliseconds have passed since `since`: the larger of what the two clocks say. The monotonic one stands still while a
 * machine sleeps, the wall clock may be set back; an answer must not live longer for either.
 */
export function ageMs(clock: Clock, since: Moment): number {
  return Math.max(clock.now() - since.wall, clock.monotonic() - since.monotonic)
}
