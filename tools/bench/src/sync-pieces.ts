/** What a call cost. */
export interface CallCost {
  /** CPU of the whole process, in milliseconds. */
  readonly cpuMs: number
  /** CPU of this thread in the longest time without a turn of the event loop, in milliseconds. */
  readonly longestMs: number
}

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** Measures a call: its CPU, and its longest synchronous piece. CPU and not time, so that a busy machine changes little. */
export async function costOf(call: () => Promise<unknown>): Promise<CallCost> {
  let [last, longestMs, running] = [threadMs(), 0, true]
  const turn = (): void => {
    const now = threadMs()
    longestMs = Math.max(longestMs, now - last)
    last = now
    if (running) setImmediate(turn)
  }
  const before = process.cpuUsage()
  setImmediate(turn)
  last = threadMs()
  await call()
  turn()
  running = false
  const { user, system } = process.cpuUsage(before)
  return { cpuMs: (user + system) / 1_000, longestMs }
}
