import type { Agent } from 'undici'

import { callSignal } from './call-signal.ts'
import { HttpFailure } from './http-failure.ts'
import { readBody } from './read-body.ts'
import type { TlsFiles } from './tls-files.ts'

const MAX_BYTES = 64 * 1_024
const MAX_CONNECTIONS = 50
const KEEP_ALIVE_MS = 10_000
const MAX_HEADER_BYTES = 16 * 1_024

/** Bounds of an {@link HttpClient}. */
export interface HttpClientOptions {
  /** The deadline of a request, from its start to the last byte of its answer. */
  readonly timeoutMs: number
  /** The deadline of a connection, TLS included. Rounded up to about a second. */
  readonly connectMs: number
  /** The longest body that is read, in bytes; 65,536 by default. */
  readonly maxBytes?: number | undefined
  /** Most connections to one server; 50 by default. Further requests wait for one. */
  readonly connections?: number | undefined
  /** For https; without, the root certificates of Node.js and TLS 1.2. */
  readonly tls?: TlsFiles | undefined
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
}

/** An answer, whatever its status, but never a redirect. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; of a header that came more than once, the first. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** In memory of its own; belongs to the caller, who zeroes it where it may hold a secret. */
  readonly body: Uint8Array
}

/** Asks HTTP servers for what a provider needs. It follows no redirect, reads no proxy or other setting of the environment, and logs nothing. */
export interface HttpClient {
  /**
   * Sends a request and reads its whole answer.
   *
   * @throws HttpFailure when there is no answer; the signal's reason when that is aborted.
   */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Closes all connections; requests that run fail. Idempotent. */
  close(): Promise<void>
}

/** Makes a client, which the caller closes. It loads undici, once, when this is first called. Connections are kept and used again. */
export async function createHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { Agent, buildConnector } = await import('undici')
  const { connectMs, connections = MAX_CONNECTIONS, tls } = options
  const settings = { timeout: connectMs, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const
  const agent = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline of a request counts, which ends before any of these would.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: tls === undefined ? settings : tls.connector((more) => buildConnector({ ...settings, ...more })),
  })
  return new UndiciClient(agent, options)
}

class UndiciClient implements HttpClient {
  readonly #agent: Agent
  readonly #timeoutMs: number
  readonly #maxBytes: number
  readonly #closing = new AbortController()

  constructor(agent: Agent, { timeoutMs, maxBytes = MAX_BYTES }: HttpClientOptions) {
    this.#agent = agent
    this.#timeoutMs = timeoutMs
    this.#maxBytes = maxBytes
  }

  async request({
    method,
    url,
    headers,
    body,
    signal,
    timeoutMs = this.#timeoutMs,
  }: HttpRequest): Promise<HttpResponse> {
    signal?.throwIfAborted()
    using call = callSignal(timeoutMs, [signal, this.#closing.signal])
    try {
      const answer = await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        // A compressed answer could be far longer than the bound says.
        headers: { ...headers, 'accept-encoding': 'identity' },
        body: body ?? null,
        signal: call.signal,
      })
      const bytes = await readBody(answer, this.#maxBytes)
      return { status: answer.statusCode, headers: firstOfEach(answer.headers), body: bytes }
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw new HttpFailure('closed')
      if (call.timedOut) throw new HttpFailure('timeout')
      throw failureOf(error)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#agent.destroy()
  }
}

function failureOf(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error
  const code = (error as { readonly code?: unknown } | undefined)?.code
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return new HttpFailure('timeout', { cause: error })
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
