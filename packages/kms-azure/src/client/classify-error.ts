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
import { HttpFailure, sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { classifyTokenFailure, TokenFailure } from '../credentials/token-failure.ts'
import { BodyFailure, ChallengeFailure, StatusFailure, type StatusFacts } from '../transport/failures.ts'
import type { Trace } from '../transport/vault-transport.ts'
import { FORBIDDEN_OPERATIONS, isPassing, STATES } from './error-codes.ts'
import { factsOfSdkError } from './sdk-error.ts'

/** What is known about a request that failed. */
export interface FailedRequest {
  readonly details: KmsErrorDetails
  readonly trace: Trace
  readonly requestMs: number
  readonly connectMs: number
}

const RESPONSE = 'a response of Key Vault'

/** Returns whether Azure rejected a token, so that a new one may help. */
export function isRejectedToken(error: unknown, trace: Trace): boolean {
  return error instanceof StatusFailure && error.facts.status === 401 && trace.authorised === true
}

/** Creates the error of the contract for whatever a request failed with: by status and code, never by a message. */
export function classifyError(error: unknown, { details, trace, requestMs, connectMs }: FailedRequest): KmsError {
  if (isKmsError(error)) return error
  if (error instanceof TokenFailure) return classifyTokenFailure(error, details, requestMs)
  if (error instanceof ChallengeFailure) {
    const problem = `expected the resource that the server at ${details.endpoint ?? 'vaultUrl'} asks a token for; it asks for another than ${error.expected}`
    return new KmsConfigError('challengeResource', problem, details)
  }
  if (error instanceof BodyFailure) return new InvalidResponseError(error.expected, details)
  if (error instanceof HttpFailure) return byTransport(error, details, connectMs)
  const facts = error instanceof StatusFailure ? error.facts : factsOfSdkError(error, trace)
  if (facts !== undefined) return byStatus(facts, { ...details, cause: sanitizeCause(error) })
  const cause = sanitizeCause(error)
  const { code } = cause as { readonly code?: string }
  // Of the application's own client: the network, or TLS.
  if (code !== undefined && code !== 'PARSE_ERROR' && trace.status === undefined)
    return new KmsUnavailableError({ ...details, cause })
  return new InvalidResponseError(RESPONSE, { ...details, cause })
}

function byTransport(failure: HttpFailure, details: KmsErrorDetails, connectMs: number): KmsError {
  const { status } = failure
  const known = { ...details, status, cause: sanitizeCause(failure.cause ?? failure) }
  switch (failure.reason) {
    case 'timeout':
      return new KmsTimeoutError(connectMs, known)
    case 'network':
    case 'closed':
      return new KmsUnavailableError(known)
    case 'redirect':
      return new InvalidResponseError('a response of its own, instead of a redirect', known)
    case 'encoded':
    case 'too-large':
      return status !== undefined && isPassing(status)
        ? new KmsUnavailableError(known)
        : new InvalidResponseError('a short response that is not compressed', known)
  }
}

function byStatus(facts: StatusFacts, request: KmsErrorDetails): KmsError {
  const { status, code, innerCode, retryAfterMs } = facts
  const details = { ...request, status, retryAfterMs, reason: innerCode ?? code }
  if (status === 401) return new AuthenticationError(details)
  if (status === 429) return new ThrottledError(details)
  if (status === 403) return byDenial([innerCode, code], details)
  if (isPassing(status)) return new KmsUnavailableError(details)
  const unwraps = details.operation === 'decryptEdek'
  // Without a code, it is the response of something in between.
  if (status === 404 && code !== undefined) return unwraps ? versionUnavailable(details) : notFound(details)
  if (status === 400 && code !== undefined) {
    // Always the same: why Azure rejects these bytes would be an oracle. It may be another version's EDEK as well.
    if (unwraps) return new InvalidEdekError({ provider: details.provider, operation: details.operation })
    const problem = `expected a request that Azure accepts, got ${code}; check the type of the key and the vault`
    return new KmsConfigError('', problem, details)
  }
  return new InvalidResponseError(RESPONSE, details)
}

function byDenial(codes: readonly (string | undefined)[], details: KmsErrorDetails): KmsError {
  for (const code of codes) {
    if (code === undefined) continue
    const state = Object.hasOwn(STATES, code) ? STATES[code] : undefined
    if (state !== undefined)
      return details.operation === 'decryptEdek' ? versionUnavailable(details) : new KeyUnavailableError(state, details)
    if (FORBIDDEN_OPERATIONS.has(code) && details.operation === 'decryptEdek') return versionUnavailable(details)
    if (FORBIDDEN_OPERATIONS.has(code))
      return new InvalidKeyUsageError('a key that permits wrapKey and unwrapKey, or encrypt and decrypt', details)
  }
  const [innerCode] = codes
  const hint = innerCode === 'ForbiddenByFirewall' ? "the vault's firewall does not let this address in" : undefined
  return new AccessDeniedError({ ...details, hint })
}

/**
 * Whoever writes records chooses the version that an EDEK names, so a response about it says nothing about the KEK. Each version has operations of its
 * own; the EDEK also says which of the two that open one is requested.
 */
function versionUnavailable(details: KmsErrorDetails): KeyUnavailableError {
  return new KeyUnavailableError('version-unavailable', details)
}

function notFound(details: KmsErrorDetails): KmsError {
  const { kekSelector } = details
  return kekSelector === undefined ? new UnknownKeyError(details) : new UnknownAliasError(kekSelector, details)
}
