import type { Clock } from '../provider.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** The clocks of the process. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/**
 * Reads both clocks.
 *
 * @throws TypeError for a reading that is not a finite number: every comparison with NaN is false, so nothing would ever expire.
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
 * Returns the milliseconds between two moments: the larger difference of the two clocks. The monotonic clock may stop while a
 * machine sleeps, and the wall clock may be set back; neither must extend a lifetime.
 */
export function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.monotonic - from.monotonic)
}
