import type { Clock } from '../provider.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** The process's own clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/**
 * Reads both clocks.
 *
 * @throws TypeError for a reading that is not a finite number: every comparison with NaN is false, so nothing would ever grow old.
 */
export function momentOf(clock: Clock): Moment {
  return { wall: finite(clock.now(), 'now'), monotonic: finite(clock.monotonic(), 'monotonic') }
}

function finite(reading: unknown, method: keyof Clock): number {
  if (Number.isFinite(reading)) return reading as number
  const got = typeof reading === 'number' ? String(reading) : typeof reading
  throw new TypeError(`"clock.${method}" expected to return a finite number, got ${got}`)
}

/**
 * Says how many milliseconds passed from one moment to another: the larger of what the two clocks say. The monotonic one stands still while a
 * machine sleeps, the wall clock may be set back; nothing must live longer for either.
 */
export function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.monotonic - from.monotonic)
}
