import {
  AccessDeniedError,
  AuthenticationError,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  KmsConfigError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'

import { errorsOf, property, type VaultResponse } from './vault-answer.ts'

/** What is known about the request that was answered. */
export interface AnsweredCall extends KmsErrorDetails {
  /** What is resolved; of `resolveKek` only. */
  readonly kekSelector?: string | undefined
}

/** Statuses with which Vault and what stands before it say that another time or node would do. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 472, 473, 474])

/** Says whether an answer is one of an outage, which passes by itself. */
export function isOutage({ status, body }: VaultResponse): boolean {
  // A standby says 429 with its health; a quota with an error.
  return PASSING.has(status) || status >= 500 || (status === 429 && property(body, 'standby') === true)
}
const INVALID_EDEK = ['message authentication failed', 'invalid ciphertext', 'version is too new']
const INVALID_USAGE = ["missing 'context'", 'non-aead', 'not supported for key type', 'does not support']

/** What a key has to be. */
export const USABLE_KEY = 'a key of type aes256-gcm96 or chacha20-poly1305 that is neither derived nor convergent'

/** Makes an error of the contract of an answer that is no success: by its status, and by Vault's own words where they decide. Nothing is quoted. */
export function classifyResponse(answer: VaultResponse, { kekSelector, ...call }: AnsweredCall): KmsError {
  const { status, body, retryAfterMs } = answer
  const errors = errorsOf(body)
  const text = (errors ?? []).join('\n').toLowerCase()
  const details: KmsErrorDetails = { ...call, status, retryAfterMs }
  if (isOutage(answer)) return new KmsUnavailableError(details)
  switch (status) {
    case 400:
      return ofBadRequest(text, details)
    case 401:
      return new AuthenticationError(details)
    case 403:
      return new AccessDeniedError(details)
    case 404:
      return ofNotFound(errors, text, details, kekSelector)
    case 429:
      return new ThrottledError(details)
    default:
      return new InvalidResponseError('an answer of Vault', details)
  }
}

function ofBadRequest(text: string, details: KmsErrorDetails): KmsError {
  if (text.includes('encryption key not found')) return new UnknownKeyError(details)
  if (text.includes('too old')) return new KeyUnavailableError('too-old', details)
  if (text.includes('soft-deleted')) return new KeyUnavailableError('deleted', details)
  if (INVALID_USAGE.some((each) => text.includes(each))) return new InvalidKeyUsageError(USABLE_KEY, details)
  const opens = details.operation === 'decryptEdek' || details.operation === 'admin'
  if (opens && INVALID_EDEK.some((each) => text.includes(each))) return invalidEdek(details)
  return new InvalidResponseError('an answer of the Transit engine', details)
}

/** Only an empty list of errors, for a key that was asked for, says that there is none: everything else is a path that leads nowhere. */
function ofNotFound(
  errors: readonly string[] | undefined,
  text: string,
  details: KmsErrorDetails,
  kekSelector: string | undefined,
): KmsError {
  if (errors === undefined) return new InvalidResponseError('an answer of Vault', details)
  if (errors.length === 0 && kekSelector !== undefined) return new UnknownAliasError(kekSelector, details)
  if (errors.length === 0 && details.kek !== undefined) return new UnknownKeyError(details)
  const missing = text.includes('no handler for route') || text.includes('unsupported path')
  return missing
    ? new KmsConfigError('mount', 'expected the path of a Transit engine that exists; check "namespace" too', details)
    : new InvalidResponseError('an answer of the Transit engine', details)
}

/** The same as for an EDEK that was refused without a request: nothing tells the reasons apart. */
function invalidEdek({ provider, operation }: KmsErrorDetails): KmsError {
  return new InvalidEdekError({ provider, operation })
}
