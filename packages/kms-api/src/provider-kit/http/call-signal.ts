/** One signal of a call: its deadline, and whatever else ends it. Dispose of it when the call has ended. */
export interface CallSignal extends Disposable {
  readonly signal: AbortSignal
  /** Whether the deadline was what ended the call. */
  readonly timedOut: boolean
}

/**
 * Joins a deadline and signals. Unlike `AbortSignal.any`, nothing stays behind on a long-lived signal.
 *
 * @param timeoutMs - at most 2^31 - 1.
 */
export function callSignal(timeoutMs: number, signals: readonly (AbortSignal | undefined)[]): CallSignal {
  const controller = new AbortController()
  const given = signals.filter((signal) => signal !== undefined)
  let timedOut = false
  const end = (): void => {
    controller.abort()
  }
  const timer = setTimeout(() => {
    timedOut = !controller.signal.aborted
    end()
  }, timeoutMs)
  for (const signal of given) {
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  }
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      for (const signal of given) signal.removeEventListener('abort', end)
    },
  }
}
