import { setImmediate } from 'node:timers/promises'

let lastTurn: Promise<unknown> = Promise.resolve()

/**
 * Lets timers and I/O run. Concurrent calls run in separate turns of the event loop, so their slices do not add up.
 *
 * @throws the signal's reason.
 */
export async function yieldToEventLoop(signal: AbortSignal | undefined): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate())
  await lastTurn
  signal?.throwIfAborted()
}
