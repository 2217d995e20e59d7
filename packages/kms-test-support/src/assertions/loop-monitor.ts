const INTERVAL_MS = 5

/**
 * Returns for how many milliseconds the event loop was held at most while `work` ran, however it ended.
 *
 * A busy machine holds the loop as well: a caller must repeat the measurement before it blames `work`.
 */
export async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let last = performance.now()
  let longest = 0
  const note = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(note, INTERVAL_MS)
  try {
    await work()
  } catch {
    // Only the time counts.
  } finally {
    clearInterval(timer)
    note()
  }
  return longest
}
