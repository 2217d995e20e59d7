import type { KMSClient } from '@aws-sdk/client-kms'

import {
  KmsClosedError,
  KmsConfigError,
  KmsTimeoutError,
  type Kek,
  type KmsError,
  type KmsOperation,
} from '@keyfold/kms-api'
import { withSignal } from '@keyfold/kms-api/provider-kit'

import type { CredentialCache } from '../credentials/credential-cache.ts'
import { CredentialsFailure } from '../credentials/credentials-failure.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { classifyError } from './classify-error.ts'
import { guardCommand, InsecureEndpoint } from './guard-command.ts'
import type { Sdk } from './load-sdk.ts'

/** What an {@link AwsClient} is made of. */
export interface AwsClientOptions {
  readonly sdk: Sdk
  readonly client: KMSClient
  /** Whether the client is destroyed on close: not one that the application made. */
  readonly owned: boolean
  /** Renewed once when AWS refuses the credentials; absent for a client of the application, which renews its own. */
  readonly credentials?: CredentialCache | undefined
  readonly requestMs: number
  readonly connectMs: number
  readonly allowInsecureEndpoint: boolean
}

/** Whom a request is for. */
export interface RequestOptions {
  readonly operation: KmsOperation
  readonly kek?: Kek | undefined
  readonly kekSelector?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Sends one command; `guard` has to see it first. */
export type Send<Output> = (
  client: KMSClient,
  guard: <C extends object>(command: C) => C,
  signal: AbortSignal,
) => Promise<Output>

/** The SDK's client with deadlines that hold, bounded answers, and errors of the contract. It repeats a request for new credentials only. */
export class AwsClient {
  readonly sdk: Sdk
  readonly #options: AwsClientOptions
  readonly #running = new Map<AbortController, KmsOperation>()
  #closed = false

  constructor(options: AwsClientOptions) {
    this.sdk = options.sdk
    this.#options = options
  }

  /** @throws KmsClosedError `KMS_CLOSED`. */
  checkOpen(operation: KmsOperation): void {
    if (this.#closed) throw closedError(operation)
  }

  /**
   * Makes a request, and a second one with renewed credentials when AWS refuses them. Ends at the deadline, when the signal aborts and on close.
   *
   * @param discard - receives an answer that comes too late for anybody to own it.
   * @throws an error of the contract, or the signal's reason.
   */
  async request<Output>(
    options: RequestOptions,
    send: Send<Output>,
    discard?: (late: Output) => void,
  ): Promise<Output> {
    const { operation, kek, signal } = options
    this.checkOpen(operation)
    signal?.throwIfAborted()
    const { requestMs } = this.#options
    const ending = new AbortController()
    const timer = setTimeout(() => {
      ending.abort(new KmsTimeoutError(requestMs, { provider: PROVIDER, operation, kek }))
    }, requestMs)
    const abort = (): void => {
      ending.abort(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#running.set(ending, operation)
    try {
      // What the SDK itself reports of an abort is dropped: `withSignal` rejects with the signal's reason.
      return await withSignal(() => this.#withRenewal(options, send, ending.signal), ending.signal, discard)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      this.#running.delete(ending)
    }
  }

  /** Ends what is running. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const [ending, operation] of this.#running) ending.abort(closedError(operation))
    if (this.#options.owned) this.#options.client.destroy()
  }

  async #withRenewal<Output>(options: RequestOptions, send: Send<Output>, signal: AbortSignal): Promise<Output> {
    const { credentials } = this.#options
    const used = credentials?.generation
    try {
      return await this.#once(send, signal)
    } catch (error) {
      const classified = this.#classify(error, options)
      if (classified.code !== 'KMS_AUTHENTICATION' || error instanceof CredentialsFailure || credentials === undefined)
        throw classified
      signal.throwIfAborted()
    }
    try {
      await credentials.renew(used)
      return await this.#once(send, signal)
    } catch (error) {
      throw this.#classify(error, options)
    }
  }

  async #once<Output>(send: Send<Output>, signal: AbortSignal): Promise<Output> {
    const { client, allowInsecureEndpoint } = this.#options
    let answer: Uint8Array | undefined
    const guard = <C extends object>(command: C): C => {
      guardCommand(command, allowInsecureEndpoint, (bytes) => {
        answer = bytes
      })
      return command
    }
    try {
      return await send(client, guard, signal)
    } finally {
      // It holds the DEK, in base64.
      answer?.fill(0)
    }
  }

  #classify(error: unknown, { operation, kek, kekSelector }: RequestOptions): KmsError {
    if (error instanceof InsecureEndpoint) {
      const problem =
        'expected an https URL, or one of this machine, got another from the environment; "allowInsecureEndpoint: true" permits any'
      return new KmsConfigError('endpoint', problem, { provider: PROVIDER, operation })
    }
    return classifyError(error, { provider: PROVIDER, operation, kek, kekSelector, connectMs: this.#options.connectMs })
  }
}

function closedError(operation: KmsOperation): KmsClosedError {
  return new KmsClosedError({ provider: PROVIDER, operation })
}
