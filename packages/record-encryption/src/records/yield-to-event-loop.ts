import { setImmediate } from 'node:timers/promises'

/** A synchronous slice is at most this many records … */
export const SLICE_RECORDS = 512
/** … or this many bytes, and one record at least; then other work has its turn. */
export const SLICE_BYTES = 1 << 20
/** Records share memory of about this size, so that one which an application keeps never pins a whole batch. */
export const SLAB_BYTES = 1 << 16

/** Lets timers and I/O run. @throws the signal's reason. */
export async function yieldToEventLoop(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}
