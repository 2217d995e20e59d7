import {
  KmsClosedError,
  KmsTimeoutError,
  withSignal,
  type Kek,
  type KmsError,
  type KmsErrorDetails,
  type KmsOperation,
} from '@keyfold/kms-api'
import type { HttpClient } from '@keyfold/kms-api/provider-kit'

import type { TokenCache } from '../credentials/token-cache.ts'
import { PROVIDER } from '../provider.ts'
import type { Trace, VaultTransport } from '../transport/vault-transport.ts'
import { classifyError, isRejectedToken } from './classify-error.ts'
import type { SdkSession } from './sdk-session.ts'

/** The parts of an {@link AzureClient}. */
export interface AzureClientOptions {
  readonly createSession: () => SdkSession
  /** The address of the vault, for messages. */
  readonly endpoint: string
  readonly requestMs: number
  readonly connectMs: number
  /** These three are absent for a client of the application, which keeps its own connections and tokens. */
  readonly transport?: VaultTransport | undefined
  readonly tokens?: TokenCache | undefined
  /** Closed with the client; absent if the application gave it. */
  readonly http?: HttpClient | undefined
}

/** What a request is for. */
export interface RequestOptions {
  readonly operation: KmsOperation
  readonly kek?: Kek | undefined
  readonly kekSelector?: string | undefined
  /** What the principal needs, for the message of a denial: `keys/wrapKey`. */
  readonly permission?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the SDK's methods take. */
export interface SdkOptions {
  readonly abortSignal: AbortSignal
  readonly onResponse: (response: { readonly status: number; readonly parsedBody?: unknown }) => void
}

/** A result, and the key that the response itself names: the SDK reports the id that it was created with. */
export interface Answered<T> {
  readonly result: T
  readonly kid: string | undefined
}

/** One call: what it is for, and what became known of it. */
interface Call {
  readonly details: KmsErrorDetails
  readonly signal: AbortSignal
  trace: Trace
}

/** The SDK's clients with deadlines that hold and errors of the contract. It repeats a request for a new token only. */
export class AzureClient {
  readonly #options: AzureClientOptions
  readonly #running = new Map<AbortController, KmsOperation>()
  #session: SdkSession
  #closed: Promise<void> | undefined

  constructor(options: AzureClientOptions) {
    this.#options = options
    this.#session = options.createSession()
  }

  /** What is known about a call, for an error of it. */
  details({ operation, kek, kekSelector, permission }: RequestOptions): KmsErrorDetails {
    return { provider: PROVIDER, operation, kek, kekSelector, permission, endpoint: this.#options.endpoint }
  }

  /** @throws KmsClosedError `KMS_CLOSED`. */
  checkOpen(operation: KmsOperation): void {
    if (this.#closed !== undefined) throw closedError(operation)
  }

  /**
   * Sends a request, and a second one with a new token when Azure rejects the first. Ends at the deadline, when the signal aborts and on close.
   *
   * @param send - calls the SDK, with these options and no others, anew for each attempt.
   * @param discard - receives a result that comes too late to have an owner.
   * @throws an error of the contract, or the signal's reason.
   */
  async request<T>(
    request: RequestOptions,
    send: (session: SdkSession, options: SdkOptions) => Promise<T>,
    discard?: (late: T) => void,
  ): Promise<Answered<T>> {
    const { operation, signal } = request
    this.checkOpen(operation)
    signal?.throwIfAborted()
    const { requestMs } = this.#options
    const ending = new AbortController()
    const call: Call = { details: this.details(request), signal: ending.signal, trace: {} }
    const timer = setTimeout(() => {
      const hint = call.trace.authorised === true ? undefined : 'no token was obtained in time'
      ending.abort(new KmsTimeoutError(requestMs, { ...call.details, hint }))
    }, requestMs)
    const abort = (): void => {
      ending.abort(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#running.set(ending, operation)
    try {
      return await withSignal(
        () => this.#withRenewal(call, send),
        ending.signal,
        ({ result }) => {
          discard?.(result)
        },
      )
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      this.#running.delete(ending)
    }
  }

  /** Ends what is running, and closes the connections. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const [ending, operation] of this.#running) ending.abort(closedError(operation))
    this.#options.tokens?.close()
    await this.#options.http?.close()
  }

  async #withRenewal<T>(
    call: Call,
    send: (session: SdkSession, options: SdkOptions) => Promise<T>,
  ): Promise<Answered<T>> {
    const session = this.#session
    try {
      return await this.#once(session, call, send)
    } catch (error) {
      const { tokens } = this.#options
      if (tokens === undefined || !isRejectedToken(error, call.trace)) throw this.#classify(error, call)
      call.signal.throwIfAborted()
      // Another call may have begun a new session already.
      if (this.#session === session) {
        tokens.drop()
        this.#session = this.#options.createSession()
      }
    }
    try {
      return await this.#once(this.#session, call, send)
    } catch (error) {
      throw this.#classify(error, call)
    }
  }

  async #once<T>(
    session: SdkSession,
    call: Call,
    send: (session: SdkSession, options: SdkOptions) => Promise<T>,
  ): Promise<Answered<T>> {
    const { transport } = this.#options
    // A signal of its own: the transport finds the trace of a request by it.
    const attempt = new AbortController()
    const abort = (): void => {
      attempt.abort(call.signal.reason)
    }
    call.signal.addEventListener('abort', abort, { once: true })
    const trace = (call.trace = transport?.trace(attempt.signal) ?? {})
    let kid: string | undefined
    const options: SdkOptions = {
      abortSignal: attempt.signal,
      onResponse: ({ status, parsedBody }) => {
        if (transport === undefined) Object.assign(trace, { status, authorised: status !== 401 })
        kid = kidOf(parsedBody)
      },
    }
    try {
      const result = await session.gate.pass(call.signal, async () => {
        try {
          return await send(session, options)
        } finally {
          if (trace.authorised === true && trace.status !== undefined && trace.status !== 401) session.gate.open()
        }
      })
      return { result, kid }
    } finally {
      call.signal.removeEventListener('abort', abort)
    }
  }

  #classify(error: unknown, { details, trace }: Call): KmsError {
    const { requestMs, connectMs } = this.#options
    return classifyError(error, { details, trace, requestMs, connectMs })
  }
}

function kidOf(body: unknown): string | undefined {
  const { kid, key } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly kid?: unknown
    readonly key?: { readonly kid?: unknown } | null
  }
  const named = kid ?? key?.kid
  return typeof named === 'string' ? named : undefined
}

function closedError(operation: KmsOperation): KmsClosedError {
  return new KmsClosedError({ provider: PROVIDER, operation })
}
