import type { Clock } from '@keyfold/kms-api'

/** Calls once after a delay, on the clock that record encryption was given; returns what cancels that. */
export function schedule(clock: Clock, delayMs: number, callback: () => void): () => void {
  if (clock.schedule !== undefined) return clock.schedule(delayMs, callback)
  const timer = setTimeout(callback, delayMs)
  return () => {
    clearTimeout(timer)
  }
}

/** Waits for whichever comes first: `promise` settles, or the time has passed. Never rejects. */
export async function waitAtMost(clock: Clock, delayMs: number, promise: Promise<unknown>): Promise<void> {
  let cancel: (() => void) | undefined
  const elapsed = new Promise<void>((resolve) => {
    cancel = schedule(clock, delayMs, resolve)
  })
  const done = promise.then(
    () => undefined,
    () => undefined,
  )
  await Promise.race([done, elapsed])
  cancel?.()
}
