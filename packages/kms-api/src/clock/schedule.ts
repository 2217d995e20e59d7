import type { Clock } from '../provider.ts'

/** Calls once, after a delay of any length; returns a function that cancels it. Injectable, so that tests need not wait. */
export type Schedule = (delayMs: number, callback: () => void) => () => void

/** Longer delays overflow a timer of Node.js, which then fires at once. */
const MAX_MS = 2 ** 31 - 1

/** Waits with timers that keep the process alive, as a call in flight should. */
const scheduleRef: Schedule = (delayMs, callback) => scheduleInSteps(delayMs, callback, false)

/** Waits with timers that keep no process alive. */
export const scheduleUnref: Schedule = (delayMs, callback) => scheduleInSteps(delayMs, callback, true)

/** The timers of a clock. */
export function scheduleOf(clock: Clock): Schedule {
  return clock.schedule?.bind(clock) ?? scheduleRef
}

/**
 * Waits for `delayMs` milliseconds on `clock`.
 *
 * @throws the signal's reason as soon as it is aborted.
 */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = (): void => {
      cancel()
      // The reason belongs to the caller and may have any type.
      reject(signal?.reason as Error)
    }
    const cancel = scheduleOf(clock)(delayMs, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function scheduleInSteps(delayMs: number, callback: () => void, unref: boolean): () => void {
  let timer: NodeJS.Timeout
  const step = (left: number): void => {
    const ms = Math.min(left, MAX_MS)
    timer = setTimeout(() => {
      if (left > ms) step(left - ms)
      else callback()
    }, ms)
    if (unref) timer.unref()
  }
  step(Math.max(0, Math.ceil(delayMs)))
  return () => {
    clearTimeout(timer)
  }
}
