import {
  AuthenticationError,
  KmsUnavailableError,
  ThrottledError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { HttpFailure } from '@keyfold/kms-api/provider-kit'

import { isOutage } from '../client/classify-answer.ts'
import { classifyFailure } from '../client/classify-failure.ts'
import type { VaultResponse } from '../client/vault-answer.ts'

/** No token could be had. Several calls may wait for the same login: each makes an error of its own operation of this. */
export class LoginFailure extends Error {
  override readonly name = 'LoginFailure'
  readonly #answer: VaultResponse | undefined
  readonly #failure: unknown

  /** @param reason - an answer that gives no token, or why there was no answer. */
  constructor(reason: { readonly answer: VaultResponse } | { readonly failure: unknown }) {
    super('no token')
    if ('answer' in reason) this.#answer = reason.answer
    else this.#failure = reason.failure
  }

  /** Whether trying again at once cannot help. */
  get final(): boolean {
    return !this.toKmsError({ provider: '', operation: 'create' }, 0).retryable
  }

  toKmsError(call: KmsErrorDetails, timeoutMs: number): KmsError {
    if (this.#answer === undefined) return classifyFailure(this.#failure, timeoutMs, call)
    const { status, retryAfterMs } = this.#answer
    const details = { ...call, status, retryAfterMs }
    if (isOutage(this.#answer)) return new KmsUnavailableError(details)
    return status === 429 ? new ThrottledError(details) : new AuthenticationError(details)
  }
}

/** Makes what a login throws of whatever went wrong, unless it was aborted. */
export function loginFailure(error: unknown, signal: AbortSignal): unknown {
  return error instanceof HttpFailure && !signal.aborted ? new LoginFailure({ failure: error }) : error
}
