import type { Kms } from '../../contract/kms.ts'
import { KmsOverloadedError } from '../../errors/kms-errors.ts'
import { detailsOf, laneOf, type Lane } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'
import { Semaphore } from './semaphore.ts'

/** The maximum numbers of calls. Each lane (resolve, generate, decrypt, KEKs that no rule names exactly, refreshes) has its own. */
export interface BulkheadOptions {
  /** Calls in flight about one KEK or selector. Default 8. */
  readonly maxConcurrentPerKek: number
  /** Calls in flight of a lane. Default 32. */
  readonly maxConcurrent: number
  /** Calls of a lane that wait. One more is rejected. Default 1,000. */
  readonly maxQueued: number
}

/** Calls of one lane. */
export interface LaneSnapshot {
  readonly inFlight: number
  readonly queued: number
}

/** The lanes of a KMS. */
export class Bulkhead {
  readonly #options: BulkheadOptions
  readonly #lanes = new Map<Lane, LaneState>()

  constructor(options: BulkheadOptions) {
    this.#options = options
  }

  lane(lane: Lane): LaneState {
    let state = this.#lanes.get(lane)
    if (state === undefined) this.#lanes.set(lane, (state = new LaneState(this.#options)))
    return state
  }

  snapshot(): Readonly<Partial<Record<Lane, LaneSnapshot>>> {
    return Object.fromEntries([...this.#lanes].map(([lane, state]) => [lane, state.snapshot()]))
  }
}

/** One lane: the calls of each KEK wait in a queue of their own, so that a slow KEK does not hold up the others. */
export class LaneState {
  readonly #options: BulkheadOptions
  readonly #all: Semaphore
  /** Exists while a call holds or waits for a place. */
  readonly #bySubject = new Map<string, Semaphore>()

  constructor(options: BulkheadOptions) {
    this.#options = options
    this.#all = new Semaphore(options.maxConcurrent)
  }

  /**
   * Waits for a place and returns what gives it back; `undefined` when too many wait.
   *
   * @throws the signal's reason.
   */
  async enter(subject: string, signal: AbortSignal | undefined): Promise<(() => void) | undefined> {
    const own = this.#semaphoreOf(subject)
    if ((own.full || this.#all.full) && this.#queued() >= this.#options.maxQueued) return undefined
    await own.acquire(signal)
    const leave = (): void => {
      own.release()
      if (own.idle) this.#bySubject.delete(subject)
    }
    try {
      await this.#all.acquire(signal)
    } catch (error) {
      leave()
      throw error
    }
    return () => {
      this.#all.release()
      leave()
    }
  }

  snapshot(): LaneSnapshot {
    return { inFlight: this.#all.held, queued: this.#queued() }
  }

  #queued(): number {
    let queued = this.#all.queued
    for (const semaphore of this.#bySubject.values()) queued += semaphore.queued
    return queued
  }

  #semaphoreOf(subject: string): Semaphore {
    let semaphore = this.#bySubject.get(subject)
    if (semaphore === undefined) {
      semaphore = new Semaphore(this.#options.maxConcurrentPerKek)
      this.#bySubject.set(subject, semaphore)
    }
    return semaphore
  }
}

/**
 * Bounds the calls in flight and those that wait.
 *
 * @throws `KMS_OVERLOADED` when too many wait already, without a request.
 */
export function boundedKms(kms: Kms, bulkhead: Bulkhead): Kms {
  return layeredKms(kms, async (call, provider) => {
    const leave = await bulkhead.lane(laneOf(call)).enter(call.subject, call.options.signal)
    if (leave === undefined) throw new KmsOverloadedError(detailsOf(call, provider))
    try {
      return await call.run(call.options)
    } finally {
      leave()
    }
  })
}
