import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import type { Clock } from '../provider.ts'
import type { ResponseCacheLimits } from './caching-options.ts'
import { Flight } from './flight.ts'
import { isOutage } from './layers/failures.ts'

/** Looking through all entries for each that is added would cost more than the rest. */
const SWEEP_MS = 60_000
/** A response in use is refreshed from this share of its age on. */
const REFRESH_AT = 0.8
/** A refresh that ended in an outage is not repeated for this long the first time, and twice as long each time after … */
const REFRESH_RETRY_MS = 1_000
/** … up to this. */
const MAX_REFRESH_RETRY_MS = 60_000

/** The options of one read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** No response older than this is used, not even during an outage, and no load is joined that began earlier. */
  readonly maxAgeMs?: number | undefined
  /** Returns the group of the response, if known in advance; called at once, and only for a new load. */
  readonly groupOf?: (() => string) | undefined
}

/** The handling of a cache's values. */
export interface ResponseHandling<T, S> {
  /** Returns the group of a response: everything of one group is evicted together. */
  readonly groupOf: (value: T) => string
  /** Creates the share that a caller receives and owns. */
  readonly share: (value: T) => S
  /** Ends a value that the cache gives up. Shares live on. */
  readonly release: (value: T) => void
}

interface Entry<T> {
  readonly value: T
  /** The start of the request, which is no later than the state that the response describes. */
  readonly askedAt: Moment
  usedAt: Moment
  /** Set while refreshes fail: no other begins before it has passed. */
  retry: { readonly from: Moment; readonly afterMs: number } | undefined
}

/** Sends the request for a response. `refresh`: in the background, without a waiting caller. Carries no caller's signal. */
export type Load<T> = (refresh: boolean) => Promise<T>

/**
 * Responses of a KMS: bounded, of limited age, and requested once however many callers want one at a time. The value belongs to the cache, and callers
 * receive shares. There is no timer: refreshes begin with a use, and what is past use is dropped when the next response is requested.
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
   * Returns a share of the response.
   *
   * - A response in use is refreshed in the background from 80 % of its age on.
   * - Past its age it is served at once all the same, while it is younger than `maxStaleMs` and was used within `idleMs`: a KMS that hangs is not noticed.
   * - One that lay idle longer is requested first, and stands in only if that ends in an outage.
   * - A request that ends in anything but an outage drops the older response.
   */
  async read(key: string, load: Load<T>, options: ReadOptions = {}): Promise<S> {
    const { signal, maxAgeMs = Number.POSITIVE_INFINITY } = options
    const entry = this.#entries.get(key)
    if (entry !== undefined && this.#ageOf(entry) <= maxAgeMs && this.#isServedAtOnce(entry)) {
      this.#refreshInBackground(key, entry, load, options.groupOf)
      return this.#use(entry)
    }
    const inFlight = this.#flights.get(key)
    const joins = inFlight !== undefined && elapsedMs(inFlight.askedAt, momentOf(this.#clock)) <= maxAgeMs
    const flight = joins ? inFlight : this.#start(key, load, false, options.groupOf?.())
    try {
      return await flight.join(signal)
    } catch (error) {
      signal?.throwIfAborted()
      const older = isOutage(error) ? this.#entries.peek(key) : undefined
      const staleness = this.#ageOf(older)
      if (older !== undefined && staleness < this.#limits.maxStaleMs && staleness <= maxAgeMs) return this.#use(older)
      throw error
    }
  }

  /** Returns the number of responses, and of requests in flight. */
  snapshot(): { readonly entries: number; readonly inFlight: number } {
    return { entries: this.#entries.size, inFlight: this.#flights.size }
  }

  /** The latest response, however old. Stays the cache's. */
  peek(key: string): T | undefined {
    return this.#entries.peek(key)?.value
  }

  /** Drops every response of `group`, and keeps none that is still in flight. */
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

  #isServedAtOnce(entry: Entry<T>): boolean {
    const { ttlMs, maxStaleMs, idleMs } = this.#limits
    const age = this.#ageOf(entry)
    if (age < ttlMs) return true
    return ttlMs > 0 && age < maxStaleMs && elapsedMs(entry.usedAt, momentOf(this.#clock)) < idleMs
  }

  #use(entry: Entry<T>): S {
    entry.usedAt = momentOf(this.#clock)
    return this.#handling.share(entry.value)
  }

  #refreshInBackground(key: string, entry: Entry<T>, load: Load<T>, groupOf: (() => string) | undefined): void {
    if (this.#ageOf(entry) < REFRESH_AT * this.#limits.ttlMs || this.#flights.has(key)) return
    const { retry } = entry
    if (retry !== undefined && elapsedMs(retry.from, momentOf(this.#clock)) < retry.afterMs) return
    this.#start(key, load, true, groupOf?.())
  }

  #start(key: string, load: Load<T>, refresh: boolean, group: string | undefined): Flight<T, S> {
    this.#sweep()
    const askedAt = momentOf(this.#clock)
    const flight = new Flight<T, S>(group, askedAt, this.#handling.share)
    this.#flights.set(key, flight)
    load(refresh)
      .then(
        (value) => {
          // A refresh does not count as a use: responses that are no longer read become idle.
          const usedAt = refresh ? (this.#entries.peek(key)?.usedAt ?? askedAt) : askedAt
          this.#landed(key, flight, { value, askedAt, usedAt, retry: undefined })
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
    if (older !== undefined) {
      // Revoked, or too stale to serve.
      if (!isOutage(error) || this.#ageOf(older) >= this.#limits.maxStaleMs) this.#entries.delete(key)
      else older.retry = { from: momentOf(this.#clock), afterMs: nextRetryMs(older.retry?.afterMs) }
    }
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

function nextRetryMs(last: number | undefined): number {
  return last === undefined ? REFRESH_RETRY_MS : Math.min(2 * last, MAX_REFRESH_RETRY_MS)
}
