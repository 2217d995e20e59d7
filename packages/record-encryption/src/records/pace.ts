import { Slice } from './slice.ts'
import { yieldToEventLoop } from './yield-to-event-loop.ts'

/** Cuts the work of several loops into slices: none continues before other work has run. */
export class Pace {
  readonly #signal: AbortSignal | undefined
  #slice = new Slice()
  #turn: Promise<void> | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  /** Counts work that takes as long as `bytes`, and waits for the next slice if this one has no room for it. */
  async take(bytes: number): Promise<void> {
    while (this.#turn !== undefined || !this.#slice.take(bytes)) {
      this.#turn ??= this.#next()
      await this.#turn
    }
  }

  async #next(): Promise<void> {
    await yieldToEventLoop(this.#signal)
    this.#slice = new Slice()
    this.#turn = undefined
  }
}
