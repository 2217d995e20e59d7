import {
  AccessDeniedError,
  AuthenticationError,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  isKmsError,
  KeyUnavailableError,
  KmsConfigError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { HttpFailure, sanitizeCause, type HttpFailureReason } from '@keyfold/kms-api/provider-kit'

import { CredentialsFailure } from '../credentials/credentials-failure.ts'
import type { SourceFailure } from '../credentials/source-failure.ts'
import { factsOf, type ErrorFacts } from '../transport/error-facts.ts'
import {
  ACCESS_DENIED,
  AUTHENTICATION,
  EXTERNAL_KEY,
  INVALID_EDEK,
  INVALID_REQUEST,
  INVALID_USAGE,
  isPassing,
  isUnavailable,
  THROTTLING,
} from '../transport/error-names.ts'
import { MAX_BYTES } from '../transport/read-response.ts'

/** What is known about a request that failed. */
export interface RequestDetails extends Omit<KmsErrorDetails, 'reason' | 'status' | 'retryAfterMs' | 'cause'> {
  readonly connectMs: number
}

const RESPONSE = 'a response of AWS KMS'
const CREDENTIALS = 'credentials'
/** What was expected of a response that is rejected before the SDK parses it. */
const EXPECTED: Readonly<Record<HttpFailureReason, string>> = {
  redirect: 'a response of its own, instead of a redirect',
  encoded: 'a response that is not compressed',
  'too-large': `a response of at most ${MAX_BYTES} bytes`,
  network: RESPONSE,
  timeout: RESPONSE,
  closed: RESPONSE,
}
/** What the SDK calls an error that has no name, for example a page of a proxy. */
const UNNAMED: ReadonlySet<string> = new Set(['Unknown', 'UnknownError'])

/** Creates the error of the contract for whatever a request failed with: by name and status, never by `$retryable`, and without its message. */
export function classifyError(error: unknown, { connectMs, ...request }: RequestDetails): KmsError {
  if (isKmsError(error)) return error
  if (error instanceof CredentialsFailure) return classifyCredentialsFailure(error.cause, request, connectMs)
  const facts = factsOf(error)
  const { status, retryAfterMs, name, fromService } = facts
  const cause = sanitizeCause(error)
  const details: KmsErrorDetails = {
    ...request,
    reason: fromService && !UNNAMED.has(name) ? name : undefined,
    status,
    retryAfterMs,
    cause,
  }
  if (error instanceof HttpFailure)
    return byStatus(status, details) ?? new InvalidResponseError(EXPECTED[error.reason], details)
  if (name === 'EndpointError') return wrongEndpoint(details)
  return (
    (fromService ? byName(facts, error, details) : undefined) ??
    byNetwork(facts, details, connectMs) ??
    byStatus(status, details) ??
    new InvalidResponseError(RESPONSE, details)
  )
}

function byName(facts: ErrorFacts, error: unknown, details: KmsErrorDetails): KmsError | undefined {
  const { name, status = 400 } = facts
  const { kekSelector } = details
  if (THROTTLING.has(name)) return new ThrottledError(details)
  if (isUnavailable(name)) return new KmsUnavailableError(details)
  // What follows is a verdict, which only AWS KMS itself can give: no proxy on the way that happens to answer with 5xx.
  if (status >= 500) return undefined
  if (AUTHENTICATION.has(name)) return new AuthenticationError(details)
  if (ACCESS_DENIED.has(name)) return new AccessDeniedError(details)
  if (name === 'NotFoundException')
    return kekSelector === undefined ? new UnknownKeyError(details) : new UnknownAliasError(kekSelector, details)
  if (name === 'DisabledException') return new KeyUnavailableError('disabled', details)
  if (name === 'KMSInvalidStateException') {
    const state = stateIn(error)
    return state === undefined ? new KmsUnavailableError(details) : new KeyUnavailableError(state, details)
  }
  if (EXTERNAL_KEY.has(name)) return new KeyUnavailableError('external-key-unavailable', details)
  if (INVALID_USAGE.has(name)) return new InvalidKeyUsageError('a symmetric key for encryption and decryption', details)
  const decrypts = details.operation === 'decryptEdek'
  if (INVALID_EDEK.has(name)) return decrypts ? invalidEdek(details) : new InvalidResponseError(RESPONSE, details)
  if (INVALID_REQUEST.has(name)) {
    // A ciphertext that AWS KMS finds malformed came with a record: bad data, not a bad configuration.
    if (decrypts) return invalidEdek(details)
    const problem = `expected a request that AWS KMS accepts, got ${name}; check the region, the KEK and the endpoint`
    return new KmsConfigError('', problem, details)
  }
  return undefined
}

/** Always the same: which of its checks AWS KMS failed would be an oracle. */
function invalidEdek({ provider, operation }: KmsErrorDetails): InvalidEdekError {
  return new InvalidEdekError({ provider, operation })
}

/** Returns the state, which stands in the message only; `undefined` for one that passes by itself. */
function stateIn(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message.toLowerCase() : ''
  if (/\b(?:is )?(?:unavailable|creating|updating)\b/.test(message)) return undefined
  if (message.includes('pending import') || message.includes('pendingimport')) return 'pending-import'
  if (message.includes('pending') && message.includes('deletion')) return 'pending-deletion'
  return message.includes('disabled') ? 'disabled' : 'invalid-state'
}

function byNetwork(
  { name, code, status }: ErrorFacts,
  details: KmsErrorDetails,
  connectMs: number,
): KmsError | undefined {
  if (code !== undefined)
    return code === 'ETIMEDOUT' ? new KmsTimeoutError(connectMs, details) : new KmsUnavailableError(details)
  return name === 'TimeoutError' && status === undefined ? new KmsTimeoutError(connectMs, details) : undefined
}

function byStatus(status: number | undefined, details: KmsErrorDetails): KmsError | undefined {
  if (status === 401) return new AuthenticationError(details)
  if (status === 403) return new AccessDeniedError(details)
  if (status === 429) return new ThrottledError(details)
  return status !== undefined && isPassing(status) ? new KmsUnavailableError(details) : undefined
}

/** The SDK cannot make a URL of region, endpoint, FIPS and dual-stack settings. */
function wrongEndpoint(details: KmsErrorDetails): KmsConfigError {
  const problem = 'expected settings that fit together, got a region, endpoint, "fips" and "dualstack" that do not'
  return new KmsConfigError('endpoint', problem, details)
}

/** Credentials fail for reasons of their own: a token that STS finds malformed says nothing about an EDEK. */
function classifyCredentialsFailure(
  failure: SourceFailure | KmsError,
  request: KmsErrorDetails,
  connectMs: number,
): KmsError {
  if (isKmsError(failure)) return failure
  const { problem, facts } = failure
  const { status, retryAfterMs, reason, endpoint, advice, tried = [], cause = failure } = facts
  const hint =
    advice ?? (problem === 'rejected' || problem === 'missing' ? undefined : 'no credentials could be obtained')
  const details = { ...request, endpoint, status, retryAfterMs, reason, hint, cause: sanitizeCause(cause) }
  switch (problem) {
    case 'throttled':
      return new ThrottledError(details)
    case 'unavailable':
      return new KmsUnavailableError(details)
    case 'timeout':
      return new KmsTimeoutError(connectMs, details)
    case 'invalid':
      return new InvalidResponseError(CREDENTIALS, details)
    case 'missing':
      return new AuthenticationError(
        details,
        `no AWS credentials found${tried.length === 0 ? '' : ` (tried: ${tried.join(', ')})`}`,
      )
    case 'rejected':
      return new AuthenticationError(details, `${endpoint ?? tried[0] ?? 'AWS'} did not issue credentials`)
  }
}
