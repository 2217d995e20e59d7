import {
  AuthenticationError,
  KmsUnavailableError,
  ThrottledError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { HttpFailure } from '@keyfold/kms-api/provider-kit'

import { classifyFailure, isOutage, reasonOf, type Deadlines } from '../transport/classify.ts'
import type { VaultResponse } from '../transport/vault-response.ts'

/** No token could be had. Several calls may wait for the same login: each makes an error of its own operation of this. */
export class LoginFailure extends Error {
  override readonly name = 'LoginFailure'
  readonly #response: VaultResponse | undefined
  readonly #failure: unknown
  #path: string | undefined

  /** @param reason - a response that gives no token, or why there was no response. */
  constructor(reason: { readonly response: VaultResponse } | { readonly failure: unknown }) {
    super('no token')
    if ('response' in reason) this.#response = reason.response
    else this.#failure = reason.failure
  }

  /** Whether trying again at once cannot help. */
  get final(): boolean {
    return !this.toKmsError({ provider: '', operation: 'create' }, { requestMs: 0, connectMs: 0 }).retryable
  }

  /** Adds which path was logged in at. */
  at(path: string | undefined): this {
    this.#path ??= path
    return this
  }

  toKmsError(call: KmsErrorDetails, deadlines: Deadlines): KmsError {
    if (this.#response === undefined) return classifyFailure(this.#failure, deadlines, call)
    const { status, retryAfterMs } = this.#response
    const details = { ...call, status, retryAfterMs, reason: reasonOf(this.#response) }
    if (isOutage(this.#response)) return new KmsUnavailableError(details)
    if (status === 429) return new ThrottledError(details)
    // The name of a user is no secret, but need not be in every log.
    const path = this.#path?.replace(/(\/login)\/.*$/, '$1')
    const hint = path === undefined ? undefined : `check "auth": the request was to ${path}`
    return new AuthenticationError({ ...details, hint })
  }
}

/** Returns what a login throws for whatever went wrong, unless it was aborted. */
export function loginFailure(error: unknown, signal: AbortSignal, path?: string): unknown {
  if (error instanceof LoginFailure) return error.at(path)
  return error instanceof HttpFailure && !signal.aborted ? new LoginFailure({ failure: error }).at(path) : error
}
