import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import type { Clock } from '../contract/provider.ts'
import type { ResponseCacheLimits } from './caching-options.ts'
import { isOutage } from './failures.ts'
import { Flight } from './flight.ts'

/** Looking through all entries for each that is added would cost more than the rest. */
const SWEEP_MS = 60_000

/** How one caller wants a response. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** No response older than this is used, not even during an outage, and no load is joined that began earlier. */
  readonly maxAgeMs?: number | undefined
  /** Says what the response will be about, where that is known before; called at once, and only for a load that begins. */
  readonly groupOf?: (() => string) | undefined
}

/** How a cache treats its values. */
export interface ResponseHandling<T, S> {
  /** Names what an answer is about: everything of one group is evicted together. */
  readonly groupOf: (value: T) => string
  /** Makes what a caller receives and owns. */
  readonly share: (value: T) => S
  /** Ends a value that the cache gives up. Shares live on. */
  readonly release: (value: T) => void
}

interface Entry<T> {
  readonly value: T
  /** When the KMS was asked, which is no later than when the answer was true. */
  readonly askedAt: Moment
}

/**
 * Responses of a KMS: bounded, of limited age, and asked for once however many callers want one at a time. The value belongs to the cache,
 * callers receive shares. There is no timer: what is past use is dropped when the next answer is asked for.
 */
export class ResponseCache<T extends object, S> {
  readonly #limits: ResponseCacheLimits
  readonly #clock: Clock
  readonly #handling: ResponseHandling<T, S>
  readonly #entries: LRUCache<string, Entry<T>>
  readonly #flights = new Map<string, Flight<T, S>>()
  #sweptAt: Moment

  constructor(limits: ResponseCacheLimits, clock: Clock, handling: ResponseHandling<T, S>) {
    this.#limits = limits
    this.#clock = clock
    this.#handling = handling
    this.#sweptAt = momentOf(clock)
    this.#entries = new LRUCache({
      max: limits.maxEntries,
      dispose: ({ value }) => {
        handling.release(value)
      },
    })
  }

  /**
   * Returns a share of the response: a fresh one from the cache, else of the load that is in flight or begins now. If that load ends in an outage, an
   * older response stands in until `maxStaleMs`. Any other failure drops the older response and is not kept.
   *
   * @param load - carries nobody's signal.
   */
  async read(key: string, load: () => Promise<T>, options: ReadOptions = {}): Promise<S> {
    const { signal, maxAgeMs = Number.POSITIVE_INFINITY } = options
    const entry = this.#entries.get(key)
    const age = this.#ageOf(entry)
    if (entry !== undefined && age < this.#limits.ttlMs && age <= maxAgeMs) return this.#handling.share(entry.value)
    const inFlight = this.#flights.get(key)
    const joins = inFlight !== undefined && elapsedMs(inFlight.askedAt, momentOf(this.#clock)) <= maxAgeMs
    const flight = joins ? inFlight : this.#start(key, load, options.groupOf?.())
    try {
      return await flight.join(signal)
    } catch (error) {
      signal?.throwIfAborted()
      const older = isOutage(error) ? this.#entries.peek(key) : undefined
      const staleness = this.#ageOf(older)
      if (older !== undefined && staleness < this.#limits.maxStaleMs && staleness <= maxAgeMs)
        return this.#handling.share(older.value)
      throw error
    }
  }

  /** The latest answer, however old. Stays the cache's. */
  peek(key: string): T | undefined {
    return this.#entries.peek(key)?.value
  }

  /** Drops every answer of `group`, and keeps none that is still under way. */
  evict(group: string): void {
    this.#drop((entry) => this.#handling.groupOf(entry.value) === group)
    for (const [key, flight] of this.#flights) {
      if (flight.group === group) this.#flights.delete(key)
      else if (flight.group === undefined) flight.voided.add(group)
    }
  }

  /** Drops everything and gives `error` to everybody who waits. */
  close(error: Error): void {
    this.#entries.clear()
    for (const flight of this.#flights.values()) flight.reject(error)
    this.#flights.clear()
  }

  #start(key: string, load: () => Promise<T>, group: string | undefined): Flight<T, S> {
    this.#sweep()
    const askedAt = momentOf(this.#clock)
    const flight = new Flight<T, S>(group, askedAt, this.#handling.share)
    this.#flights.set(key, flight)
    load()
      .then(
        (value) => {
          this.#landed(key, flight, { value, askedAt })
        },
        (error: unknown) => {
          this.#failed(key, flight, error as Error)
        },
      )
      .catch((error: unknown) => {
        // A clock that fails now must not leave the callers waiting.
        this.#end(key, flight)
        flight.reject(error as Error)
      })
    return flight
  }

  #sweep(): void {
    if (elapsedMs(this.#sweptAt, momentOf(this.#clock)) < SWEEP_MS) return
    this.#sweptAt = momentOf(this.#clock)
    const most = Math.max(this.#limits.ttlMs, this.#limits.maxStaleMs)
    this.#drop((entry) => elapsedMs(entry.askedAt, momentOf(this.#clock)) >= most)
  }

  #landed(key: string, flight: Flight<T, S>, entry: Entry<T>): void {
    // Shared out first: the cache may evict it in the same breath.
    flight.resolve(entry.value)
    const voided = flight.voided.has(this.#handling.groupOf(entry.value))
    if (this.#end(key, flight) && !voided) this.#entries.set(key, entry)
    else this.#handling.release(entry.value)
  }

  #failed(key: string, flight: Flight<T, S>, error: Error): void {
    const older = this.#end(key, flight) ? this.#entries.peek(key) : undefined
    // Revoked, or too stale to serve.
    if (older !== undefined && !(isOutage(error) && this.#ageOf(older) < this.#limits.maxStaleMs))
      this.#entries.delete(key)
    flight.reject(error)
  }

  #ageOf(entry: Entry<T> | undefined): number {
    return entry === undefined ? Number.POSITIVE_INFINITY : elapsedMs(entry.askedAt, momentOf(this.#clock))
  }

  /** Takes the flight off the list. False when it is not there any more: its group was evicted, or the cache closed, since it began. */
  #end(key: string, flight: Flight<T, S>): boolean {
    return this.#flights.get(key) === flight && this.#flights.delete(key)
  }

  #drop(which: (entry: Entry<T>) => boolean): void {
    for (const [key, entry] of [...this.#entries.entries()]) if (which(entry)) this.#entries.delete(key)
  }
}
