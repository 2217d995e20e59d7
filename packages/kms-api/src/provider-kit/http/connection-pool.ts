import { elapsedMs, momentOf, type Moment } from '../../clock/moment.ts'
import type { Schedule } from '../../clock/schedule.ts'
import type { Clock } from '../../provider.ts'
import type { Connection } from './connection.ts'

/** Shorter than what NAT gateways and load balancers forget after: a connection that they forgot costs a call its whole deadline. */
export const MAX_IDLE_MS = 4_000

/** The options of a pool. */
export interface ConnectionPoolOptions {
  readonly maxConnections: number
  readonly createConnection: () => Connection
  readonly clock: Clock
  readonly schedule: Schedule
}

interface Idle {
  readonly connection: Connection
  readonly since: Moment
  readonly cancel: () => void
}

/**
 * The connections to one server. Each request has one to itself, so that whatever ends the request also ends what it was waiting for: no request
 * waits for a connection that another one has given up.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #idle = new Set<Idle>()
  readonly #busy = new Set<Connection>()
  /** Requests that wait for a turn, first come, first served. */
  readonly #waiting = new Set<() => void>()
  #turns = 0

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /**
   * Runs `work` with an exclusive connection. A connection is kept for later only if `work` succeeds.
   *
   * @throws whatever `work` rejects with; the signal's reason when it is aborted while all connections are in use.
   */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#turn(signal)
    let connection: Connection | undefined
    try {
      connection = this.#takeIdle() ?? this.#options.createConnection()
      this.#busy.add(connection)
      const result = await work(connection)
      // Not busy any more when the pool was closed meanwhile.
      if (this.#busy.delete(connection)) this.#keep(connection)
      this.#passOn()
      return result
    } catch (error) {
      if (connection !== undefined) {
        this.#busy.delete(connection)
        void connection.destroy()
      }
      // Requests that began together end together: those whose deadline is due now must not open a connection first.
      setImmediate(() => {
        this.#passOn()
      })
      throw error
    }
  }

  /** Closes all connections; what waits for one has to be ended by its own signal. */
  async close(): Promise<void> {
    const connections = [...this.#busy, ...[...this.#idle].map(({ connection }) => connection)]
    for (const { cancel } of this.#idle) cancel()
    this.#busy.clear()
    this.#idle.clear()
    await Promise.all(connections.map((connection) => connection.destroy()))
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#turns < this.#options.maxConnections) {
      this.#turns++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(proceed)
        reject(signal.reason as Error)
      }
      const proceed = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.add(proceed)
    })
  }

  #passOn(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#turns--
      return
    }
    this.#waiting.delete(next)
    next()
  }

  #keep(connection: Connection): void {
    const { clock, schedule } = this.#options
    const cancel = schedule(MAX_IDLE_MS, () => {
      this.#idle.delete(idle)
      void connection.destroy()
    })
    const idle: Idle = { connection, since: momentOf(clock), cancel }
    this.#idle.add(idle)
  }

  /** The one that was used last. Timers stand still while a machine sleeps, so age is looked at here, too. */
  #takeIdle(): Connection | undefined {
    const now = momentOf(this.#options.clock)
    for (const idle of [...this.#idle].reverse()) {
      idle.cancel()
      this.#idle.delete(idle)
      if (elapsedMs(idle.since, now) < MAX_IDLE_MS) return idle.connection
      void idle.connection.destroy()
    }
    return undefined
  }
}
