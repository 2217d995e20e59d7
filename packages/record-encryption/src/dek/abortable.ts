/**
 * Waits for `shared` until `signal` aborts. The shared work continues, because others may wait for it.
 *
 * @throws the signal's reason.
 */
export async function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // A caller that stopped waiting is not told of a later failure.
  shared.catch(() => undefined)
  if (signal === undefined) return shared
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    // The reason belongs to the caller and may have any type.
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([shared, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
