import {
  AccessDeniedError,
  AuthenticationError,
  InvalidEdekError,
  InvalidResponseError,
  KeyUnavailableError,
  KmsUnavailableError,
  ThrottledError,
  UnknownKeyError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'

import type { HttpResponse } from './send.ts'

const TRANSIENT = new Set([408, 409, 412, 423, 425, 472, 473])

/** Gives the error for an answer that is no success. Only the words of the KMS itself mean that something does not exist. */
export function refusalOf({ status, retryAfterMs, text }: HttpResponse, given: KmsErrorDetails): KmsError {
  const details = { ...given, status, retryAfterMs }
  const code = codeOf(text)
  if (code === 'no-such-key') return new UnknownKeyError(details)
  if (code === 'key-disabled') return new KeyUnavailableError('disabled', details)
  if (code === 'bad-edek') return new InvalidEdekError({ provider: given.provider, operation: given.operation })
  if (status === 401) return new AuthenticationError(details)
  if (status === 403) return new AccessDeniedError(details)
  if (status === 429) return new ThrottledError(details)
  if (status >= 500 || TRANSIENT.has(status)) return new KmsUnavailableError(details)
  return new InvalidResponseError('an answer in the words of the KMS', details)
}

function codeOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as { readonly code?: unknown }).code : undefined
  } catch {
    return undefined
  }
}
