import type { KMSClient } from '@aws-sdk/client-kms'

import {
  KmsClosedError,
  KmsConfigError,
  KmsTimeoutError,
  withSignal,
  type Kek,
  type KmsError,
  type KmsErrorDetails,
  type KmsOperation,
} from '@keyfold/kms-api'

import type { CredentialCache } from '../credentials/credential-cache.ts'
import { CredentialsFailure } from '../credentials/credentials-failure.ts'
import { PROVIDER } from '../provider.ts'
import { InsecureEndpoint } from '../transport/insecure-endpoint.ts'
import type { Sdk } from '../transport/load-sdk.ts'
import type { Transport } from '../transport/transport.ts'
import { classifyError } from './classify-error.ts'
import { guardCommand } from './guard-command.ts'

/** The parts of an {@link AwsClient}. */
export interface AwsClientOptions {
  readonly sdk: Sdk
  readonly client: KMSClient
  /** The client's connections, closed with it; absent for a client of the application, which destroys it. */
  readonly transport?: Transport | undefined
  /** Renewed once when AWS rejects the credentials; absent for a client of the application, which renews its own. */
  readonly credentials?: CredentialCache | undefined
  readonly requestMs: number
  readonly connectMs: number
  readonly allowInsecure: boolean
}

/** What a request is for. */
export interface RequestOptions {
  readonly operation: KmsOperation
  readonly kek?: Kek | undefined
  readonly kekSelector?: string | undefined
  /** What the principal needs, for the message of a denial: `kms:Decrypt`. */
  readonly permission?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** One call: what it is for, and where its last request went. */
interface Call {
  readonly details: KmsErrorDetails
  readonly signal: AbortSignal
  endpoint: string | undefined
}

/** A command of the SDK, as far as its output is concerned. */
export interface AwsCommand<Output> {
  resolveMiddleware(stack: never, config: never, options: never): (input: never) => Promise<{ readonly output: Output }>
}

/** The SDK's client with deadlines that hold, bounded responses, and errors of the contract. It repeats a request for new credentials only. */
export class AwsClient {
  readonly #sdk: Sdk
  readonly #options: AwsClientOptions
  readonly #running = new Map<AbortController, KmsOperation>()
  #closed = false

  constructor(options: AwsClientOptions) {
    this.#sdk = options.sdk
    this.#options = options
  }

  /** @throws KmsClosedError `KMS_CLOSED`. */
  checkOpen(operation: KmsOperation): void {
    if (this.#closed) throw closedError(operation)
  }

  /**
   * Sends a request, and a second one with renewed credentials when AWS rejects the first ones. Ends at the deadline, when the signal aborts and on close.
   *
   * @param create - creates the command, anew for each attempt.
   * @param discard - receives a response that comes too late to have an owner.
   * @throws an error of the contract, or the signal's reason.
   */
  async request<Output>(
    options: RequestOptions,
    create: (sdk: Sdk) => AwsCommand<Output>,
    discard?: (late: Output) => void,
  ): Promise<Output> {
    const { signal, ...request } = options
    this.checkOpen(request.operation)
    signal?.throwIfAborted()
    const { requestMs } = this.#options
    const ending = new AbortController()
    const call: Call = { details: { provider: PROVIDER, ...request }, signal: ending.signal, endpoint: undefined }
    const timer = setTimeout(() => {
      ending.abort(timeoutOf(call, requestMs))
    }, requestMs)
    const abort = (): void => {
      ending.abort(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#running.set(ending, request.operation)
    try {
      // What the SDK itself reports of an abort is dropped: `withSignal` rejects with the signal's reason.
      return await withSignal(() => this.#withRenewal(call, create), ending.signal, discard)
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
    this.#options.credentials?.close()
    this.#options.transport?.close()
  }

  async #withRenewal<Output>(call: Call, create: (sdk: Sdk) => AwsCommand<Output>): Promise<Output> {
    const { credentials } = this.#options
    const used = credentials?.generation
    try {
      return await this.#once(call, create)
    } catch (error) {
      const classified = this.#classify(error, call)
      if (classified.code !== 'KMS_AUTHENTICATION' || error instanceof CredentialsFailure || credentials === undefined)
        throw classified
      call.signal.throwIfAborted()
    }
    try {
      await credentials.renew(used)
      return await this.#once(call, create)
    } catch (error) {
      throw this.#classify(error, call)
    }
  }

  async #once<Output>(call: Call, create: (sdk: Sdk) => AwsCommand<Output>): Promise<Output> {
    const { client, allowInsecure } = this.#options
    const { signal } = call
    let response: Uint8Array | undefined
    // The SDK's type of `send` accepts its own commands, each with types of its own.
    const command = create(this.#sdk) as AwsCommand<Output> & Parameters<KMSClient['send']>[0]
    guardCommand(command, {
      allowInsecure,
      signal,
      onRequest: (endpoint) => {
        call.endpoint = endpoint
      },
      onResponse: (bytes) => {
        response = bytes
      },
    })
    try {
      return (await client.send(command, { abortSignal: signal })) as Output
    } finally {
      // It holds the DEK, in base64.
      response?.fill(0)
    }
  }

  #classify(error: unknown, { details, endpoint }: Call): KmsError {
    if (error instanceof InsecureEndpoint) {
      const problem = `expected an https URL, or one of this machine, got ${error.endpoint} from the environment or a profile; "allowInsecure: true" permits any`
      return new KmsConfigError('endpoint', problem, details)
    }
    return classifyError(error, { ...details, endpoint, connectMs: this.#options.connectMs })
  }
}

/** Before its first request, a call waits for credentials. */
function timeoutOf({ details, endpoint }: Call, requestMs: number): KmsTimeoutError {
  const hint = endpoint === undefined ? 'no credentials were obtained in time' : undefined
  return new KmsTimeoutError(requestMs, { ...details, endpoint, hint })
}

function closedError(operation: KmsOperation): KmsClosedError {
  return new KmsClosedError({ provider: PROVIDER, operation })
}
