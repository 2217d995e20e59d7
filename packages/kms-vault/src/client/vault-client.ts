import {
  AccessDeniedError,
  AuthenticationError,
  isKmsError,
  KmsClosedError,
  KmsTimeoutError,
  withSignal,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { callSignal, type CurrentToken, type HttpClient, type TokenManager } from '@keyfold/kms-api/provider-kit'

import { LoginFailure } from '../auth/login-failure.ts'
import { PROVIDER } from '../boundary.ts'
import { classifyFailure, classifyResponse, reasonOf, type Deadlines } from '../transport/classify.ts'
import { errorsOf, type VaultResponse } from '../transport/vault-response.ts'
import type { VaultRequest, VaultTransport } from '../transport/vault-transport.ts'

/** While tokens are revoked, the next one may be, too. */
const MAX_REPLACEMENTS = 2

/** A request on behalf of a call of the contract. */
export interface VaultCall
  extends
    Pick<VaultRequest, 'method' | 'path' | 'body' | 'keyAt' | 'signal'>,
    Pick<KmsErrorDetails, 'operation' | 'kek' | 'kekSelector'> {}

/** What a client is made of. */
export interface VaultClientParts extends Deadlines {
  readonly transport: VaultTransport
  readonly tokens: TokenManager
  readonly http: HttpClient
  /** Whether `http` is closed with the client. */
  readonly ownsHttp: boolean
  /** The address of the server, for messages. */
  readonly endpoint: string
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
    return this.#parts.tokens.failing
  }

  /** What is known about a call, for an error of it. */
  details({
    operation,
    kek,
    kekSelector,
  }: Pick<KmsErrorDetails, 'operation' | 'kek' | 'kekSelector'>): KmsErrorDetails {
    return { provider: PROVIDER, operation, kek, kekSelector, endpoint: this.#parts.endpoint }
  }

  /** Sends a request with the token, and returns the response if it is a success. A token that the server does not know is replaced. */
  async request(call: VaultCall): Promise<VaultResponse> {
    const response = await this.inspect(call)
    if (response.status !== 200 && response.status !== 204) throw classifyResponse(response, this.details(call))
    return response
  }

  /** Sends a request with the token, and returns the response whatever its status; a denial still rejects. */
  async inspect({ method, path, body, keyAt, signal, ...call }: VaultCall): Promise<VaultResponse> {
    const details = this.details(call)
    return await this.#within(details, signal, (ended) =>
      this.#authorised({ method, path, body, keyAt, signal: ended }, details),
    )
  }

  /** Sends a request without a token, and returns its response whatever the status. */
  async anonymous(
    request: Pick<VaultRequest, 'method' | 'path' | 'namespace'>,
    call: Pick<VaultCall, 'operation' | 'signal'>,
  ): Promise<VaultResponse> {
    return await this.#within(this.details(call), call.signal, (signal) =>
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
    await this.#parts.tokens.close()
    if (this.#parts.ownsHttp) await this.#parts.http.close()
  }

  async #within(
    details: KmsErrorDetails,
    signal: AbortSignal | undefined,
    work: (ended: AbortSignal) => Promise<VaultResponse>,
  ): Promise<VaultResponse> {
    this.#checkOpen(details)
    const { requestMs } = this.#parts
    using call = callSignal(requestMs, [signal, this.#closing.signal])
    try {
      return await withSignal(() => work(call.signal), call.signal, zeroKey)
    } catch (error) {
      signal?.throwIfAborted()
      this.#checkOpen(details)
      throw call.timedOut ? new KmsTimeoutError(requestMs, details) : this.#asKmsError(error, details)
    }
  }

  /** @throws `KMS_CLOSED` after {@link VaultClient.close}. */
  #checkOpen(details: KmsErrorDetails): void {
    if (this.#closing.signal.aborted) throw new KmsClosedError(details)
  }

  async #authorised(request: Omit<VaultRequest, 'token'>, details: KmsErrorDetails): Promise<VaultResponse> {
    const { tokens, transport } = this.#parts
    for (let replaced = 0; ; replaced++) {
      const held = await tokens.get(request.signal)
      const response = await transport.send({ ...request, token: held.token })
      if (response.status !== 403 || isReadOnly(response)) return response
      const denied = { ...details, status: 403, reason: reasonOf(response) }
      if (await this.#isKnown(held)) throw new AccessDeniedError({ ...denied, permission: permissionFor(request) })
      if (replaced === MAX_REPLACEMENTS || !(await tokens.replace(held, request.signal)))
        throw new AuthenticationError({
          ...denied,
          hint: 'check "auth": Vault does not know the token, or it has expired',
        })
    }
  }

  /** Vault responds 403 to a token that it does not know and to one that lacks a permission: asking about the token tells them apart. */
  async #isKnown(held: CurrentToken): Promise<boolean> {
    if (this.#check?.generation !== held.generation) {
      const known = this.#lookUp(held).finally(() => {
        this.#check = undefined
      })
      this.#check = { generation: held.generation, known }
    }
    return await this.#check.known
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self | lookup-self} */
  async #lookUp({ token }: CurrentToken): Promise<boolean> {
    const response = await this.#parts.transport.send({
      method: 'GET',
      path: 'auth/token/lookup-self',
      token,
      signal: this.#closing.signal,
    })
    if (response.status === 200) return true
    if (response.status !== 403) throw new LoginFailure({ response })
    // A token that may not even ask about itself is told so as for any other path; an unknown one with other words.
    const text = (errorsOf(response.body) ?? []).join('\n')
    return text.includes('1 error occurred') && !text.includes('invalid token')
  }

  #asKmsError(error: unknown, details: KmsErrorDetails): KmsError {
    if (isKmsError(error)) return error
    return error instanceof LoginFailure
      ? error.toKmsError(details, this.#parts)
      : classifyFailure(error, this.#parts, details)
  }
}

function isReadOnly(response: VaultResponse): boolean {
  return reasonOf(response) === 'readonly_storage'
}

function permissionFor({ method, path }: VaultRequest): string {
  return `${method === 'GET' ? 'read' : 'update'} on ${path}`
}

/** A response that came too late for anybody to own its key. */
function zeroKey({ key }: VaultResponse): void {
  key?.fill(0)
}
