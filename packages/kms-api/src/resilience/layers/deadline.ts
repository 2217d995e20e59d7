import { scheduleOf } from '../../clock/schedule.ts'
import { withSignal } from '../../clock/with-signal.ts'
import type { Kms } from '../../contract/kms.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import { KmsTimeoutError } from '../../errors/kms-errors.ts'
import type { Clock } from '../../provider.ts'
import { detailsOf, withDeadline } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'

/** Limits of a whole call, attempts and waiting included. */
export interface DeadlineOptions {
  /** Milliseconds until the call rejects with `KMS_TIMEOUT`. Default 15,000. */
  readonly totalMs: number
}

/**
 * Ends every call at its deadline, whatever it waits for. The layers inside know the deadline, so that nothing is waited for that could not be used.
 *
 * @throws `KMS_TIMEOUT`; the signal's reason when that is aborted first.
 */
export function deadlineKms(kms: Kms, { totalMs }: DeadlineOptions, clock: Clock): Kms {
  const schedule = scheduleOf(clock)
  return layeredKms(kms, async (call, provider) => {
    const { signal } = call.options
    signal?.throwIfAborted()
    const controller = new AbortController()
    const ended = { byDeadline: false }
    const cancel = schedule(totalMs, () => {
      ended.byDeadline = true
      controller.abort()
    })
    const onAbort = (): void => {
      controller.abort(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const options = { ...call.options, signal: controller.signal }
      return await withSignal(
        () => call.run(withDeadline(options, clock.monotonic() + totalMs)),
        controller.signal,
        (late) => {
          call.discard(late)
        },
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (ended.byDeadline && !isKmsError(error)) throw new KmsTimeoutError(totalMs, detailsOf(call, provider))
      throw error
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  })
}
