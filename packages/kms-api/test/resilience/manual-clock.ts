import { TestClock } from '@keyfold/kit/test-clock'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Clocks and timers that a test moves. */
export class ManualClock extends TestClock {
  readonly #timers = new Set<Timer>()

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.steady + delayMs, callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Moves time on, timer by timer, and lets what waits for each run. */
  async advance(ms: number): Promise<void> {
    const end = this.steady + ms
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#moveTo(next.at)
      next.callback()
      await settle()
    }
    this.#moveTo(end)
    await settle()
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }

  #moveTo(steady: number): void {
    this.wall += Math.max(0, steady - this.steady)
    this.steady = Math.max(steady, this.steady)
  }
}

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
