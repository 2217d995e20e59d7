/** A number of places and a first-in, first-out queue for them. */
export class Semaphore {
  readonly #places: number
  #held = 0
  readonly #waiting = new Set<() => void>()

  constructor(places: number) {
    this.#places = places
  }

  get held(): number {
    return this.#held
  }

  get queued(): number {
    return this.#waiting.size
  }

  get full(): boolean {
    return this.#held >= this.#places
  }

  get idle(): boolean {
    return this.#held === 0 && this.#waiting.size === 0
  }

  /** Waits for a place. @throws the signal's reason; the place in the queue is given up. */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (!this.full) {
      this.#held++
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const enter = (): void => {
      signal?.removeEventListener('abort', abort)
      resolve(undefined)
    }
    const abort = (): void => {
      this.#waiting.delete(enter)
      reject(signal?.reason as Error)
    }
    this.#waiting.add(enter)
    signal?.addEventListener('abort', abort, { once: true })
    await promise
  }

  /** Releases a place; the next in the queue gets it. */
  release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#held--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
