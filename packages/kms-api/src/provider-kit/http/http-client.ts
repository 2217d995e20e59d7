import type { Client as UndiciClient } from 'undici'

import { systemClock } from '../../clock/moment.ts'
import { scheduleUnref, type Schedule } from '../../clock/schedule.ts'
import { withSignal } from '../../clock/with-signal.ts'
import type { Clock } from '../../provider.ts'
import { callSignal } from './call-signal.ts'
import { ConnectionPool, MAX_IDLE_MS } from './connection-pool.ts'
import { Connection } from './connection.ts'
import { createConnect } from './connector.ts'
import { HttpFailure } from './http-failure.ts'
import { readBody } from './read-body.ts'
import { scrub } from './scrub.ts'
import type { TlsFiles } from './tls-files.ts'

const MAX_BYTES = 64 * 1_024
const MAX_CONNECTIONS = 50
const MAX_HEADER_BYTES = 16 * 1_024

/** Bounds of an {@link HttpClient}. */
export interface HttpClientOptions {
  /** The deadline of a request, from its start to the last byte of its response; waiting for a connection included. */
  readonly timeoutMs: number
  /** The deadline of a connection, TLS included. */
  readonly connectMs: number
  /** The longest body that is read, in bytes; 65,536 by default. */
  readonly maxBytes?: number | undefined
  /** The maximum number of connections to one server; 50 by default. Further requests wait for one. */
  readonly maxConnections?: number | undefined
  /** For https; without, the root certificates of Node.js and TLS 1.2. */
  readonly tls?: TlsFiles | undefined
  /** Tells how long a connection was idle; for tests. */
  readonly clock?: Clock | undefined
  /** Ends idle connections; for tests. */
  readonly schedule?: Schedule | undefined
}

/** One request. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
  /** Another deadline than the client's. */
  readonly timeoutMs?: number | undefined
  /** Whether the response may hold a key: then nothing of it is left behind in the parser or on the stack. */
  readonly secretResponse?: boolean | undefined
}

/** A response, whatever its status, but never a redirect. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; of a header that came more than once, the first. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** In memory of its own; belongs to the caller, who zeroes it where it may hold a secret. */
  readonly body: Uint8Array
}

/** Sends requests to HTTP servers. It follows no redirect, reads no proxy or other setting of the environment, and logs nothing. */
export interface HttpClient {
  /**
   * Sends a request and reads its whole response. Every wait (for a connection, TLS, headers, body) ends with the deadline and with the signal.
   *
   * @throws HttpFailure when there is no response; the signal's reason when that is aborted.
   */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Closes all connections; requests that run fail. Idempotent. */
  close(): Promise<void>
}

/** Creates a client, which the caller closes. It loads undici, once, when this is first called. Idle connections are closed after four seconds. */
export async function createHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { Client, buildConnector } = await import('undici')
  const { maxConnections = MAX_CONNECTIONS, clock = systemClock, schedule = scheduleUnref } = options
  const connect = createConnect(buildConnector, options)
  const createPool = (origin: string): ConnectionPool => {
    const createConnection = (): Connection =>
      new Connection(
        (connector) =>
          new Client(origin, {
            pipelining: 1,
            keepAliveTimeout: MAX_IDLE_MS,
            keepAliveMaxTimeout: MAX_IDLE_MS,
            maxHeaderSize: MAX_HEADER_BYTES,
            // The deadline of a request counts, which ends before any of these would.
            headersTimeout: 0,
            bodyTimeout: 0,
            connect: connector,
          }),
        connect,
      )
    return new ConnectionPool({ maxConnections, createConnection, clock, schedule })
  }
  return new PooledClient(createPool, Client, options)
}

class PooledClient implements HttpClient {
  readonly #createPool: (origin: string) => ConnectionPool
  readonly #Client: typeof UndiciClient
  readonly #pools = new Map<string, ConnectionPool>()
  readonly #timeoutMs: number
  readonly #maxBytes: number
  readonly #closing = new AbortController()

  constructor(
    createPool: (origin: string) => ConnectionPool,
    Client: typeof UndiciClient,
    { timeoutMs, maxBytes = MAX_BYTES }: Pick<HttpClientOptions, 'timeoutMs' | 'maxBytes'>,
  ) {
    this.#createPool = createPool
    this.#Client = Client
    this.#timeoutMs = timeoutMs
    this.#maxBytes = maxBytes
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { url, signal, timeoutMs = this.#timeoutMs } = request
    signal?.throwIfAborted()
    using call = callSignal(timeoutMs, [signal, this.#closing.signal])
    try {
      return await this.#poolOf(url.origin).use(call.signal, (connection) =>
        this.#exchange(connection, request, call.signal),
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw new HttpFailure('closed')
      if (call.timedOut) throw new HttpFailure('timeout')
      throw failureOf(error)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
  }

  async #exchange(
    connection: Connection,
    { method, url, headers, body, secretResponse }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const response = await connection.request(
      {
        path: url.pathname + url.search,
        method,
        // A compressed response could be far longer than the bound says.
        headers: { ...headers, 'accept-encoding': 'identity' },
        body: body ?? null,
      },
      signal,
    )
    const { bytes, longestPiece } = await readBody(response, this.#maxBytes)
    try {
      if (secretResponse === true) await withSignal(() => scrub(this.#Client, longestPiece), signal)
    } catch (error) {
      bytes.fill(0)
      throw error
    }
    return { status: response.statusCode, headers: firstOfEach(response.headers), body: bytes }
  }

  #poolOf(origin: string): ConnectionPool {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const pool = this.#createPool(origin)
    this.#pools.set(origin, pool)
    return pool
  }
}

function failureOf(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error
  const code = (error as { readonly code?: unknown } | undefined)?.code
  if (code === 'CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return new HttpFailure('timeout', { cause: error })
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW')
    return new HttpFailure('too-large', { cause: error })
  return new HttpFailure('network', { cause: error })
}

function firstOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  )
}
