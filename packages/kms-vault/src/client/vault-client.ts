import {
  AccessDeniedError,
  AuthenticationError,
  isKmsError,
  KmsClosedError,
  KmsTimeoutError,
  type KmsError,
  type KmsErrorDetails,
  type KmsOperation,
} from '@keyfold/kms-api'
import {
  callSignal,
  withSignal,
  type CurrentToken,
  type HttpClient,
  type TokenManager,
} from '@keyfold/kms-api/provider-kit'

import { LoginFailure } from '../auth/login-failure.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { classifyResponse, type AnsweredCall } from './classify-answer.ts'
import { classifyFailure } from './classify-failure.ts'
import { errorsOf, type VaultResponse } from './vault-answer.ts'
import type { VaultRequest, VaultTransport } from './vault-transport.ts'

/** While tokens are revoked, the next one may be, too. */
const MAX_REPLACEMENTS = 2

/** A request on behalf of a call of the contract. */
export interface VaultCall extends Pick<VaultRequest, 'method' | 'path' | 'body'>, Omit<AnsweredCall, 'provider'> {
  readonly signal?: AbortSignal | undefined
}

/** What a client is made of. */
export interface VaultClientParts {
  readonly transport: VaultTransport
  readonly life: TokenManager
  readonly http: HttpClient
  /** Whether `http` is closed with the client. */
  readonly ownsHttp: boolean
  readonly requestMs: number
}

/** Requests with a token and a deadline; whatever goes wrong is an error of the contract. */
export class VaultClient {
  readonly #parts: VaultClientParts
  readonly #closing = new AbortController()
  #check: { readonly generation: number; readonly known: Promise<boolean> } | undefined
  #closed: Promise<void> | undefined

  constructor(parts: VaultClientParts) {
    this.#parts = parts
  }

  /** Whether the last login or renewal failed. */
  get loginFailing(): boolean {
    return this.#parts.life.failing
  }

  /** @throws `KMS_CLOSED` after {@link VaultClient.close}. */
  checkOpen(operation: KmsOperation): void {
    if (this.#closing.signal.aborted) throw new KmsClosedError({ provider: PROVIDER, operation })
  }

  /** Sends a request with the token and gives the body of its success. A token that the server does not know is replaced. */
  async request({ method, path, body, signal, ...call }: VaultCall): Promise<unknown> {
    const details: AnsweredCall = { ...call, provider: PROVIDER }
    return await this.#within(details, signal, async (ended) => {
      const answer = await this.#authorised({ method, path, body, signal: ended }, details)
      if (answer.status !== 200 && answer.status !== 204) throw classifyResponse(answer, details)
      return answer.body
    })
  }

  /** Sends a request without a token, and gives its answer whatever the status. */
  async anonymous(
    request: Pick<VaultRequest, 'method' | 'path' | 'namespace'>,
    operation: KmsOperation,
  ): Promise<VaultResponse> {
    return await this.#within({ provider: PROVIDER, operation }, undefined, (signal) =>
      this.#parts.transport.send({ ...request, signal }),
    )
  }

  /** Ends what runs, gives the token back where it was logged in for, and closes the connections. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    await this.#parts.life.close()
    if (this.#parts.ownsHttp) await this.#parts.http.close()
  }

  async #within<T>(
    details: KmsErrorDetails,
    signal: AbortSignal | undefined,
    work: (ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { requestMs } = this.#parts
    using call = callSignal(requestMs, [signal, this.#closing.signal])
    try {
      const result = await withSignal(() => work(call.signal), call.signal)
      // Whoever closed does not expect an answer any more, and a DEK of it would have no owner.
      this.checkOpen(details.operation)
      signal?.throwIfAborted()
      return result
    } catch (error) {
      signal?.throwIfAborted()
      this.checkOpen(details.operation)
      throw call.timedOut ? new KmsTimeoutError(requestMs, details) : this.#asKmsError(error, details)
    }
  }

  async #authorised(request: Omit<VaultRequest, 'token'>, details: KmsErrorDetails): Promise<VaultResponse> {
    const { life, transport } = this.#parts
    for (let replaced = 0; ; replaced++) {
      const held = await life.get(request.signal)
      const answer = await transport.send({ ...request, token: held.token })
      if (answer.status !== 403) return answer
      const denied = { ...details, status: 403 }
      if (await this.#isKnown(held)) throw new AccessDeniedError(denied)
      if (replaced === MAX_REPLACEMENTS || !(await life.replace(held, request.signal)))
        throw new AuthenticationError(denied)
    }
  }

  /** Vault answers 403 to a token that it does not know and to one that lacks a permission: asking about the token tells them apart. */
  async #isKnown(held: CurrentToken): Promise<boolean> {
    if (this.#check?.generation !== held.generation) {
      const known = this.#lookUp(held).finally(() => {
        this.#check = undefined
      })
      this.#check = { generation: held.generation, known }
    }
    return await this.#check.known
  }

  async #lookUp({ token }: CurrentToken): Promise<boolean> {
    const answer = await this.#parts.transport.send({
      method: 'GET',
      path: 'auth/token/lookup-self',
      token,
      signal: this.#closing.signal,
    })
    if (answer.status === 200) return true
    if (answer.status !== 403) throw new LoginFailure({ answer })
    // A token that may not even ask about itself is told so as for any other path; an unknown one with other words.
    const text = (errorsOf(answer.body) ?? []).join('\n')
    return text.includes('1 error occurred') && !text.includes('invalid token')
  }

  #asKmsError(error: unknown, details: KmsErrorDetails): KmsError {
    if (isKmsError(error)) return error
    return error instanceof LoginFailure
      ? error.toKmsError(details, this.#parts.requestMs)
      : classifyFailure(error, this.#parts.requestMs, details)
  }
}
