import { withSignal } from '@keyfold/kms-api'

/**
 * Lets the first call of a pipeline through alone, until one has shown that the pipeline has a token. Concurrent first calls could drop each other's
 * body, or send it without a token, in releases of the SDK's authentication policy before 2.1.1.
 */
export class Gate {
  #open = false
  #first: Promise<void> | undefined

  /** Opens the gate for good. */
  open(): void {
    this.#open = true
  }

  /**
   * Runs `work`, after the calls that have to be made before it. If the first one fails, the next one leads.
   *
   * @throws what `work` rejects with; the signal's reason if it is aborted, also while waiting.
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (!this.#open && this.#first !== undefined) {
      const first = this.#first
      await withSignal(() => first, signal)
    }
    if (this.#open) return await work()
    const leading = Promise.withResolvers<undefined>()
    this.#first = leading.promise
    try {
      return await withSignal(work, signal)
    } finally {
      this.#first = undefined
      leading.resolve(undefined)
    }
  }
}
