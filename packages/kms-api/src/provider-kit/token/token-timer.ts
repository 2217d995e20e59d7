/** Calls once, after a time of any length; gives what cancels that. Injectable, so that tests need not wait. */
export type Schedule = (delayMs: number, callback: () => void) => () => void

/** Longer delays overflow a timer of Node.js, which then fires at once. */
const MAX_MS = 2 ** 31 - 1

/** Waits with timers that keep no process alive. */
export const scheduleUnref: Schedule = (delayMs, callback) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    const step = Math.min(left, MAX_MS)
    timer = setTimeout(() => {
      if (left > step) wait(left - step)
      else callback()
    }, step).unref()
  }
  wait(Math.max(0, Math.ceil(delayMs)))
  return () => {
    clearTimeout(timer)
  }
}
