import type { Moment } from '../clock/moment.ts'

interface Waiter<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/**
 * One load that several callers wait for. Each gets a share of its own the moment the load ends, before anybody can take the value away
 * again; a caller that aborts leaves alone.
 */
export class Flight<T, S> {
  /** The group of the load; see the cache. */
  readonly group: string | undefined
  /** The start of the flight. */
  readonly askedAt: Moment
  /** Groups that were evicted since it began, where its own is not known yet: a response about one of them is not kept. */
  readonly voided = new Set<string>()
  readonly #share: (value: T) => S
  readonly #waiters = new Set<Waiter<T>>()

  constructor(group: string | undefined, askedAt: Moment, share: (value: T) => S) {
    this.group = group
    this.askedAt = askedAt
    this.#share = share
  }

  /** Waits for the load. Rejects with the signal's reason as soon as it is aborted; the load goes on. */
  join(signal: AbortSignal | undefined): Promise<S> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.delete(waiter)
        reject(signal?.reason as Error)
      }
      const waiter: Waiter<T> = {
        resolve: (value) => {
          signal?.removeEventListener('abort', abort)
          try {
            resolve(this.#share(value))
          } catch (error) {
            // A value that cannot be shared, such as a handle that was destroyed, must not leave its caller waiting.
            reject(error instanceof Error ? error : new Error('the value could not be shared'))
          }
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort)
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Resolves every waiting call with a share of `value`, which the caller still owns. */
  resolve(value: T): void {
    for (const waiter of this.#waiters) waiter.resolve(value)
    this.#waiters.clear()
  }

  /** Rejects every waiting call with `error`. */
  reject(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }
}
