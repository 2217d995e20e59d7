import {
  AccessDeniedError,
  AuthenticationError,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  KeyVersionAheadError,
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

import { errorsOf, property, USABLE_KEY, type VaultResponse } from './vault-response.ts'

/** The deadlines of a client, for messages. */
export interface Deadlines {
  readonly requestMs: number
  readonly connectMs: number
}

/** Statuses with which Vault and what stands before it say that another time or node would do. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 472, 473, 474])

const INVALID_EDEK = ['message authentication failed', 'invalid ciphertext']
const INVALID_USAGE = ["missing 'context'", 'non-aead', 'not supported for key type', 'does not support', 'rsa decrypt']

/** Vault's own words, and the identifier that stands for them in an error. Nothing else of a response is ever shown. */
const REASONS: readonly (readonly [words: string, reason: string])[] = [
  ['vault is sealed', 'sealed'],
  ['not initialized', 'not_initialized'],
  ['readonly storage', 'readonly_storage'],
  ['read-only storage', 'readonly_storage'],
  ['standby', 'standby'],
  ['rate limit quota', 'rate_limit_quota'],
  ['lease count quota', 'lease_count_quota'],
  ['invalid token', 'invalid_token'],
  ['permission denied', 'permission_denied'],
  ['role or secret id', 'invalid_role_or_secret_id'],
  ['invalid role id', 'invalid_role_id'],
  ['invalid secret id', 'invalid_secret_id'],
  ['invalid role name', 'invalid_role_name'],
  ['username or password', 'invalid_username_or_password'],
  ['wrapping token', 'invalid_wrapping_token'],
  ['token is expired', 'jwt_expired'],
  ['certificate', 'certificate_rejected'],
  ['no handler for route', 'no_handler_for_route'],
]

const BY_STATUS: Readonly<Record<number, string>> = {
  412: 'required_state_missing',
  472: 'disaster_recovery_secondary',
  473: 'performance_standby',
  474: 'no_active_node',
}

/** Says whether a response is one of an outage, which passes by itself. */
export function isOutage({ status, body }: VaultResponse): boolean {
  // A standby says 429 with its health; a quota with an error.
  if (status === 429 && property(body, 'standby') === true) return true
  // A performance standby forwards writes, but says this while it cannot yet, right after a login above all.
  if (status >= 400 && /read-?only storage/.test(textOf(body))) return true
  return PASSING.has(status) || status >= 500
}

/** Returns the identifier that tells a response from others of its status. */
export function reasonOf({ status, body }: VaultResponse): string | undefined {
  const text = textOf(body)
  const known = REASONS.find(([words]) => text.includes(words))?.[1] ?? BY_STATUS[status]
  return known ?? (status === 429 && property(body, 'standby') === true ? 'standby' : undefined)
}

/** Returns an error of the contract for a response that is no success: by its status, and by Vault's own words where they decide. */
export function classifyResponse(response: VaultResponse, call: KmsErrorDetails): KmsError {
  const { status, body, retryAfterMs } = response
  const text = textOf(body)
  const details: KmsErrorDetails = { ...call, status, retryAfterMs, reason: reasonOf(response) }
  // Vault responds 500 where a ciphertext cannot be one of an RSA key: that says something about the key, and nothing about Vault.
  if (call.operation === 'decryptEdek' && text.includes('rsa decrypt'))
    return new InvalidKeyUsageError(USABLE_KEY, details)
  if (isOutage(response)) return new KmsUnavailableError(details)
  switch (status) {
    case 400:
      return ofBadRequest(text, details)
    case 401:
      return new AuthenticationError(details)
    case 403:
      return new AccessDeniedError(details)
    case 404:
      return ofNotFound(errorsOf(body), text, details)
    case 429:
      return new ThrottledError(details)
    default:
      return new InvalidResponseError('a response of Vault', details)
  }
}

/** Returns an error of the contract for a request that got no response. */
export function classifyFailure(
  failure: unknown,
  { requestMs, connectMs }: Deadlines,
  call: KmsErrorDetails,
): KmsError {
  const cause = sanitizeCause(failure)
  const details: KmsErrorDetails = { ...call, cause }
  if (!(failure instanceof HttpFailure)) return new KmsUnavailableError(details)
  const { status } = failure
  switch (failure.reason) {
    case 'timeout':
      return new KmsTimeoutError(
        (cause as { code?: unknown }).code === 'CONNECT_TIMEOUT' ? connectMs : requestMs,
        details,
      )
    case 'redirect':
      // A standby that does not forward sends to the active node; nothing else of Vault redirects.
      if (status === 307) return new KmsUnavailableError({ ...details, status, reason: 'standby' })
      return new InvalidResponseError('a response of its own, instead of a redirect', { ...details, status })
    case 'too-large':
    case 'encoded':
      if (status !== undefined && status >= 500) return new KmsUnavailableError({ ...details, status })
      return new InvalidResponseError('at most 65536 bytes, not compressed', { ...details, status })
    case 'network':
    case 'closed':
      return new KmsUnavailableError(details)
  }
}

function ofBadRequest(text: string, details: KmsErrorDetails): KmsError {
  if (text.includes('encryption key not found')) return new UnknownKeyError(details)
  if (text.includes('too old')) return new KeyUnavailableError('too-old', details)
  if (text.includes('soft-deleted')) return new KeyUnavailableError('deleted', details)
  if (INVALID_USAGE.some((each) => text.includes(each))) return new InvalidKeyUsageError(USABLE_KEY, details)
  const unwraps = details.operation === 'decryptEdek' || details.operation === 'admin'
  if (unwraps && text.includes('version is too new')) return new KeyVersionAheadError(details)
  if (unwraps && INVALID_EDEK.some((each) => text.includes(each))) return invalidEdek(details)
  return new InvalidResponseError('a response of the Transit engine', details)
}

/** Only an empty list of errors, for a key that was asked for, says that there is none: everything else is a path that leads nowhere. */
function ofNotFound(errors: readonly string[] | undefined, text: string, details: KmsErrorDetails): KmsError {
  const { kekSelector, kek } = details
  if (errors === undefined) return new InvalidResponseError('a response of Vault', details)
  if (errors.length === 0 && kekSelector !== undefined) return new UnknownAliasError(kekSelector, details)
  if (errors.length === 0 && kek !== undefined) return new UnknownKeyError(details)
  const missing = text.includes('no handler for route') || text.includes('unsupported path')
  return missing
    ? wrongMount(undefined, details)
    : new InvalidResponseError('a response of the Transit engine', details)
}

/** Returns the error for a mount at which there is no Transit engine. @param type - of the engine that there is instead. */
export function wrongMount(type: string | undefined, details: KmsErrorDetails): KmsConfigError {
  const got = type !== undefined && /^[a-z][a-z0-9_-]{0,31}$/.test(type) ? `, got one of type ${type}` : ''
  return new KmsConfigError(
    'mount',
    `expected the path of a Transit engine that exists${got}; check "namespace" too`,
    details,
  )
}

/** The same as for an EDEK that was rejected without a request: nothing tells the reasons apart. */
function invalidEdek({ provider, operation }: KmsErrorDetails): KmsError {
  return new InvalidEdekError({ provider, operation })
}

function textOf(body: unknown): string {
  return (errorsOf(body) ?? []).join('\n').toLowerCase()
}
