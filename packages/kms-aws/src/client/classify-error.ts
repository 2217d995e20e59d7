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
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { CredentialsFailure } from '../credentials/credentials-failure.ts'
import { factsOf, type ErrorFacts } from './error-facts.ts'
import {
  ACCESS_DENIED,
  AUTHENTICATION,
  INVALID_EDEK,
  INVALID_REQUEST,
  INVALID_USAGE,
  THROTTLING,
  UNAVAILABLE,
} from './error-names.ts'
import { UnusableResponse } from './read-answer.ts'

/** What is known about a request that failed. */
export interface RequestDetails extends Pick<KmsErrorDetails, 'provider' | 'operation' | 'kek'> {
  /** What is resolved; of `resolveKek` and `admin` only. */
  readonly kekSelector?: string | undefined
  readonly connectMs: number
}

/** A token or profile that cannot be read is no outage. */
const FILE_CODES: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR'])
const ANSWER = 'an answer of AWS KMS'
/** Statuses below 500 of gateways and load balancers that say nothing about the request itself. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 472, 473])

/** Makes an error of the contract of whatever a request failed with: by name and status, never by `$retryable`, and without its message. */
export function classifyError(error: unknown, { connectMs, kekSelector, ...request }: RequestDetails): KmsError {
  if (isKmsError(error)) return error
  if (error instanceof CredentialsFailure) return classifyCredentialsFailure(error.cause, { ...request, connectMs })
  const facts = factsOf(error)
  const { status, retryAfterMs } = facts
  const details: KmsErrorDetails = { ...request, status, retryAfterMs, cause: sanitizeCause(error) }
  if (error instanceof UnusableResponse)
    return byStatus(status, details) ?? new InvalidResponseError(error.expected, details)
  return (
    (facts.fromService ? byName(facts, error, details, kekSelector) : undefined) ??
    byNetwork(facts, details, connectMs) ??
    byStatus(status, details) ??
    new InvalidResponseError(ANSWER, details)
  )
}

function byName(
  facts: ErrorFacts,
  error: unknown,
  details: KmsErrorDetails,
  kekSelector: string | undefined,
): KmsError | undefined {
  const { name, status = 400 } = facts
  if (THROTTLING.has(name)) return new ThrottledError(details)
  if (UNAVAILABLE.has(name)) return new KmsUnavailableError(details)
  // What follows is a verdict, which only AWS KMS itself can give: no proxy on the way that happens to answer with 5xx.
  if (status >= 500) return undefined
  if (AUTHENTICATION.has(name)) return new AuthenticationError(details)
  if (ACCESS_DENIED.has(name)) return new AccessDeniedError(details)
  if (name === 'NotFoundException')
    return kekSelector === undefined ? new UnknownKeyError(details) : new UnknownAliasError(kekSelector, details)
  if (name === 'DisabledException') return new KeyUnavailableError('disabled', details)
  if (name === 'KMSInvalidStateException') return new KeyUnavailableError(stateIn(error), details)
  if (INVALID_USAGE.has(name)) return new InvalidKeyUsageError('a symmetric key for encryption and decryption', details)
  const decrypts = details.operation === 'decryptEdek'
  if (INVALID_EDEK.has(name)) return decrypts ? invalidEdek(details) : new InvalidResponseError(ANSWER, details)
  if (INVALID_REQUEST.has(name)) {
    // A ciphertext that AWS KMS finds malformed came with a record: bad data, not a bad configuration.
    if (decrypts) return invalidEdek(details)
    return new KmsConfigError(
      '',
      `expected a request that AWS KMS accepts, got ${name}; check the region, the key and the endpoint`,
      details,
    )
  }
  return undefined
}

/** Always the same: which of its checks AWS KMS failed would be an oracle. */
function invalidEdek({ provider, operation }: KmsErrorDetails): InvalidEdekError {
  return new InvalidEdekError({ provider, operation })
}

/** The state stands in the message only. */
function stateIn(error: unknown): string {
  const message = error instanceof Error ? error.message.toLowerCase() : ''
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
  return status !== undefined && (status >= 500 || PASSING.has(status)) ? new KmsUnavailableError(details) : undefined
}

/** Credentials fail for reasons of their own: a token that STS finds malformed says nothing about an EDEK. */
function classifyCredentialsFailure(error: unknown, { connectMs, ...request }: RequestDetails): KmsError {
  if (isKmsError(error)) return error
  const facts = factsOf(error)
  const { name, status, retryAfterMs } = facts
  const details: KmsErrorDetails = { ...request, status, retryAfterMs, cause: sanitizeCause(error) }
  if (facts.fromService && THROTTLING.has(name)) return new ThrottledError(details)
  if (facts.fromService && UNAVAILABLE.has(name)) return new KmsUnavailableError(details)
  if (isOutage(facts, error)) return byNetwork(facts, details, connectMs) ?? new KmsUnavailableError(details)
  return (status !== 401 && status !== 403 ? byStatus(status, details) : undefined) ?? new AuthenticationError(details)
}

/** The SDK's providers report that a metadata service cannot be reached as if there were no credentials: their text says which it was. */
function isOutage({ name, code }: ErrorFacts, error: unknown): boolean {
  if (code !== undefined) return code.startsWith('E') && !FILE_CODES.has(code)
  if (name === 'TimeoutError') return true
  return (
    name.endsWith('ProviderError') &&
    error instanceof Error &&
    /\bE(?:CONN|HOST|NET|TIMEDOUT|AI_|NOTFOUND|PIPE)|time(?:d |-)?out|unable to connect/i.test(error.message)
  )
}
