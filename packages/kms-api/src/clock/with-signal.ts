/**
 * Runs work that cannot be cancelled, or whose own abort error is another one: an abort rejects at once with the signal's reason.
 *
 * @param work - started unless the signal is aborted already; may use the signal itself as well.
 * @param discard - receives a result that arrives too late to have an owner: destroy a DEK here.
 * @throws the signal's reason when it is aborted first; else whatever `work` rejects with.
 */
export async function withSignal<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
  discard?: (late: T) => void,
): Promise<T> {
  signal?.throwIfAborted()
  if (signal === undefined) return await work()
  const running = work()
  let stop: () => void = () => undefined
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([running, aborted])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (signal.aborted) running.then(discard).catch(() => undefined)
  signal.throwIfAborted()
  return await running
}
