import { setImmediate } from 'node:timers/promises'

let lastTurn: Promise<unknown> = Promise.resolve()

/**
 * Lets timers and I/O run. Calls that run at the same time have a turn of the event loop each, one after the other: their slices do not add up.
 *
 * @throws the signal's reason.
 */
export async function yieldToEventLoop(signal: AbortSignal | undefined): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate())
  await lastTurn
  signal?.throwIfAborted()
}
