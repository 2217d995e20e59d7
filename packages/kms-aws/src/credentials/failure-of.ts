import { isKmsError, KmsConfigError, type KmsError } from '@keyfold/kms-api'
import { HttpFailure, parseRetryAfter } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../provider.ts'
import { factsOf } from '../transport/error-facts.ts'
import { isPassing, isUnavailable, THROTTLING } from '../transport/error-names.ts'
import { InsecureEndpoint } from '../transport/insecure-endpoint.ts'
import type { RequestTrace } from '../transport/transport.ts'
import { SourceFailure, type SourceFailureFacts } from './source-failure.ts'

/**
 * Classifies whatever a credential source threw. The SDK's sources wrap a failed request into an error without name, status and code, so its
 * trace decides where there is one.
 */
export function failureOf(error: unknown, trace: RequestTrace): SourceFailure | KmsError {
  if (isKmsError(error)) return error
  if (trace.error instanceof InsecureEndpoint) return insecure(trace.error.endpoint)
  if (error instanceof SourceFailure) return error
  const { endpoint, status } = trace
  const retryAfterMs = parseRetryAfter(trace.retryAfter, Date.now())
  const facts: SourceFailureFacts = { endpoint, status, retryAfterMs, cause: trace.error ?? error }
  if (trace.error !== undefined) return withoutResponse(trace.error, facts)
  const { name, code, fromService } = factsOf(error)
  if (endpoint === undefined)
    return new SourceFailure(name === 'TimeoutError' ? 'timeout' : 'missing', { ...facts, reason: code })
  const reason = fromService ? name : identifier(trace.errorType)
  const named: SourceFailureFacts = { ...facts, reason }
  if (reason !== undefined && THROTTLING.has(reason)) return new SourceFailure('throttled', named)
  if (reason !== undefined && isUnavailable(reason)) return new SourceFailure('unavailable', named)
  if (status === 429) return new SourceFailure('throttled', named)
  if (status === undefined || isPassing(status)) return new SourceFailure('unavailable', named)
  return new SourceFailure(status < 300 ? 'invalid' : 'rejected', named)
}

function withoutResponse(error: unknown, facts: SourceFailureFacts): SourceFailure {
  const { name, code, status } = factsOf(error)
  if (error instanceof HttpFailure)
    return new SourceFailure(isPassing(status ?? 0) ? 'unavailable' : 'invalid', { ...facts, status })
  if (code === 'ETIMEDOUT' || (name === 'TimeoutError' && code === undefined))
    return new SourceFailure('timeout', { ...facts, reason: code ?? 'ETIMEDOUT' })
  return new SourceFailure('unavailable', { ...facts, reason: code })
}

function insecure(endpoint: string): KmsConfigError {
  const problem = `expected endpoints that are https, of this machine or link-local as AWS documents them, got ${endpoint} from the environment or a profile`
  return new KmsConfigError('credentials', problem, { provider: PROVIDER, operation: 'create' })
}

function identifier(text: string | undefined): string | undefined {
  return /^[A-Za-z][A-Za-z0-9.]{0,63}/.exec(text ?? '')?.[0]
}
