/**
 * Waits for `shared` until `signal` aborts. The shared work goes on: others may wait for it too.
 *
 * @throws the signal's reason.
 */
export async function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // Who stops waiting does not hear of a later failure.
  shared.catch(() => undefined)
  if (signal === undefined) return shared
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    // The reason is the caller's, of whatever type it is.
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([shared, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
