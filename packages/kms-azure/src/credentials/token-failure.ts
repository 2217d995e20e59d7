import {
  AuthenticationError,
  InvalidResponseError,
  isKmsError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { HttpFailure, sanitizeCause } from '@keyfold/kms-api/provider-kit'

import type { IdentityTrace } from './identity-transport.ts'

/** No token could be obtained. */
export class TokenFailure extends Error {
  override readonly name = 'TokenFailure'
  /** What the credential failed with. */
  readonly reason: unknown
  readonly trace: IdentityTrace
  readonly timedOut: boolean

  constructor(reason: unknown, trace: IdentityTrace, timedOut = false) {
    super('no token')
    this.reason = reason
    this.trace = trace
    this.timedOut = timedOut
  }
}

const REJECTED: ReadonlySet<number> = new Set([400, 401, 403])
const NOT_FOUND: ReadonlySet<string> = new Set(['CredentialUnavailableError', 'AggregateAuthenticationError'])

/** Creates the error of the contract for a token that could not be obtained. A credential's own message may quote what a server sent. */
export function classifyTokenFailure(
  { reason, trace, timedOut }: TokenFailure,
  request: KmsErrorDetails,
  requestMs: number,
): KmsError {
  if (isKmsError(reason)) return reason
  const { status, retryAfterMs, endpoint, failure } = trace
  const hint = 'no token could be obtained'
  const details = {
    ...request,
    endpoint: endpoint ?? request.endpoint,
    status,
    retryAfterMs,
    cause: sanitizeCause(failure ?? reason),
  }
  const name = reason instanceof Error ? reason.name : ''
  if (timedOut) return new KmsTimeoutError(requestMs, { ...details, hint })
  if (NOT_FOUND.has(name) && failure === undefined && (status === undefined || REJECTED.has(status)))
    return new AuthenticationError({ ...details, endpoint: undefined }, 'no Azure credentials found')
  if (failure instanceof HttpFailure) {
    if (failure.reason === 'timeout') return new KmsTimeoutError(requestMs, { ...details, hint })
    if (failure.reason === 'network') return new KmsUnavailableError({ ...details, hint })
    return new InvalidResponseError('a token', { ...details, hint })
  }
  if (status === 429) return new ThrottledError({ ...details, hint })
  if (status !== undefined && (status >= 500 || status === 408)) return new KmsUnavailableError({ ...details, hint })
  return new AuthenticationError(details, `${endpoint ?? 'the credential'} did not issue a token`)
}
