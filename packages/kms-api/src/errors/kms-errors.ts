import { attemptOf, becauseOf, hintOf, kekNamed, kmsOf } from './describe-failure.ts'
import { isKmsError, KmsError, type KmsErrorDetails } from './kms-error.ts'
import { printableDetails } from './printable-details.ts'
import { printable } from './printable.ts'

/** Reports that the selector matches no KEK. Only for an authoritative response: never for a malformed request, a denial or an unknown mount. */
export class UnknownAliasError extends KmsError {
  override readonly name = 'UnknownAliasError'
  constructor(kekSelector: string, details: KmsErrorDetails) {
    const message = `${kmsOf(details)} has no KEK that matches ${printable(kekSelector)}: create it, or correct the selector`
    super('KMS_UNKNOWN_ALIAS', false, message + hintOf(details), details)
  }
}

/** Reports that the KEK of this EDEK or reference no longer exists. */
export class UnknownKeyError extends KmsError {
  override readonly name = 'UnknownKeyError'
  constructor(details: KmsErrorDetails) {
    const message = `${kekNamed(details)} does not exist in ${kmsOf(details)}: it was deleted, or it never existed`
    super('KMS_UNKNOWN_KEY', false, message + hintOf(details), details)
  }
}

/** The state of a KEK that exists but may not be used now. Providers may add states. */
export type KeyState =
  | 'disabled'
  | 'pending-deletion'
  | 'pending-import'
  | 'expired'
  | 'not-yet-valid'
  | 'too-old'
  | 'version-unavailable'
  | 'unresponsive'
  | 'deleted'
  | (string & {})

const STATES: Readonly<Record<string, string>> = {
  disabled: 'is disabled',
  'pending-deletion': 'is scheduled for deletion',
  'pending-import': 'waits for its key material to be imported',
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  'too-old': 'no longer decrypts EDEKs of so old a version',
  'version-unavailable': 'does not have the version that the EDEK names, or that version is disabled',
  unresponsive: 'gets no usable response, although the KMS responds about another KEK',
  deleted: 'is deleted',
}

/** Reports that the KEK exists but may not be used now. */
export class KeyUnavailableError extends KmsError {
  override readonly name = 'KeyUnavailableError'
  readonly state: KeyState
  constructor(state: KeyState, details: KmsErrorDetails) {
    const is = (Object.hasOwn(STATES, state) ? STATES[state] : undefined) ?? `cannot be used now (${state})`
    const message = `${kekNamed(details)} of ${kmsOf(details)} ${is}${becauseOf(details)}`
    super('KMS_KEY_UNAVAILABLE', false, message + hintOf(details), details)
    this.state = state
  }
}

/**
 * Reports that the EDEK names a newer version of the KEK than the KMS knows: a node that lags behind, a KEK restored from an old backup, or a forgery. The writer of
 * a record chooses the version, so the error is neither retried nor cached here, and is no evidence about the health of the KMS.
 */
export class KeyVersionAheadError extends KmsError {
  override readonly name = 'KeyVersionAheadError'
  constructor(details: KmsErrorDetails) {
    const version = details.kek?.version === undefined ? 'the version' : `version ${printable(details.kek.version)}`
    const message =
      `${kmsOf(details)} does not know ${version} of ${kekNamed(details)}, which the EDEK names: ` +
      'the node lags behind, the KEK was restored from an older backup, or the EDEK is forged'
    super('KMS_KEY_VERSION_AHEAD', false, message + hintOf(details), details)
  }
}

/** Reports that the key is of the wrong kind or lacks an operation. `expected` is a noun phrase for the required key. */
export class InvalidKeyUsageError extends KmsError {
  override readonly name = 'InvalidKeyUsageError'
  constructor(expected: string, details: KmsErrorDetails) {
    const message = `${kekNamed(details)} of ${kmsOf(details)} cannot wrap data keys: a KEK must be ${expected}`
    super('KMS_INVALID_KEY_USAGE', false, message + becauseOf(details) + hintOf(details), details)
  }
}

/** Reports that the KMS knows the principal and denies the operation. */
export class AccessDeniedError extends KmsError {
  override readonly name = 'AccessDeniedError'
  constructor(details: KmsErrorDetails) {
    const { permission } = printableDetails(details)
    const lacks =
      permission === undefined
        ? 'check the permissions of the principal'
        : `the principal lacks the permission ${permission}`
    const message = `${kmsOf(details)} denied ${attemptOf(details)}${becauseOf(details)}; ${lacks}`
    super('KMS_ACCESS_DENIED', false, message + hintOf(details), details)
  }
}

/**
 * Reports that the client is not logged in: the KMS rejected the credentials after one renewal, or there are none. `problem` replaces the usual sentence
 * if it was not the KMS that rejected them: `no AWS credentials found (tried: environment, container)`.
 */
export class AuthenticationError extends KmsError {
  override readonly name = 'AuthenticationError'
  constructor(details: KmsErrorDetails, problem?: string) {
    const message =
      problem === undefined
        ? `${kmsOf(details)} rejected the credentials while ${attemptOf(details)}${becauseOf(details)}`
        : `${problem}${becauseOf(details)} (while ${attemptOf(details)})`
    super('KMS_AUTHENTICATION', false, message + hintOf(details), details)
  }
}

/** Reports that the EDEK is malformed, tampered with, foreign, or bound to another context. One constant message, so that it is no oracle. */
export class InvalidEdekError extends KmsError {
  override readonly name = 'InvalidEdekError'
  constructor(details: KmsErrorDetails) {
    super('KMS_INVALID_EDEK', false, 'the EDEK is not valid', details)
  }
}

/** Reports that the EDEK names another KEK than the expected one. One constant message. */
export class KekMismatchError extends KmsError {
  override readonly name = 'KekMismatchError'
  constructor(details: KmsErrorDetails) {
    super('KMS_KEK_MISMATCH', false, 'the EDEK names another KEK than the expected one', details)
  }
}

/** Reports that this provider or this key cannot bind an encryption context. */
export class ContextUnsupportedError extends KmsError {
  override readonly name = 'ContextUnsupportedError'
  constructor(details: KmsErrorDetails) {
    const kek = details.kek === undefined ? kmsOf(details) : `${kekNamed(details)} of ${kmsOf(details)}`
    const message = `${kek} cannot bind an encryption context; remove "encryptionContext" or use another KEK`
    super('KMS_CONTEXT_UNSUPPORTED', false, message + hintOf(details), details)
  }
}

/** Reports that the KMS does not support this administrative operation. */
export class UnsupportedOperationError extends KmsError {
  override readonly name = 'UnsupportedOperationError'
  /** @param what - a noun phrase: `disabling a KEK`. */
  constructor(what: string, details: KmsErrorDetails) {
    super('KMS_UNSUPPORTED_OPERATION', false, `${kmsOf(details)} does not support ${what}${hintOf(details)}`, details)
  }
}

/** Reports that the KMS throttles requests. */
export class ThrottledError extends KmsError {
  override readonly name = 'ThrottledError'
  constructor(details: KmsErrorDetails) {
    const after = details.retryAfterMs === undefined ? '' : `; it asks to wait ${details.retryAfterMs} ms`
    const message = `${kmsOf(details)} throttled ${attemptOf(details)}${becauseOf(details)}${after}`
    super('KMS_THROTTLED', true, message + hintOf(details), details)
  }
}

/** Reports that the KMS could not be reached, or responded that it cannot serve. */
export class KmsUnavailableError extends KmsError {
  override readonly name = 'KmsUnavailableError'
  constructor(details: KmsErrorDetails) {
    const is = details.status === undefined ? 'is unreachable' : 'is unavailable'
    const message = `${kmsOf(details)} ${is} while ${attemptOf(details)}${becauseOf(details)}`
    super('KMS_UNAVAILABLE', true, message + hintOf(details), details)
  }
}

/** Reports that the KMS did not respond within the deadline. */
export class KmsTimeoutError extends KmsError {
  override readonly name = 'KmsTimeoutError'
  constructor(timeoutMs: number, details: KmsErrorDetails) {
    const message = `${kmsOf(details)} did not respond within ${timeoutMs} ms while ${attemptOf(details)}`
    super('KMS_TIMEOUT', true, message + becauseOf(details) + hintOf(details), details)
  }
}

/** Reports that calls failed repeatedly, so the circuit breaker rejects further ones. Not retried here; the caller may call again later. */
export class CircuitOpenError extends KmsError {
  override readonly name = 'CircuitOpenError'
  constructor(details: KmsErrorDetails) {
    const message = `no request was sent to ${kmsOf(details)} for ${attemptOf(details)}: the circuit breaker is open after repeated failures`
    super('KMS_CIRCUIT_OPEN', false, message + hintOf(details), details)
  }
}

/** Reports that too many calls are waiting. Not retried here; the caller may call again later. */
export class KmsOverloadedError extends KmsError {
  override readonly name = 'KmsOverloadedError'
  constructor(details: KmsErrorDetails) {
    const message = `no request was sent to ${kmsOf(details)} for ${attemptOf(details)}: too many calls are waiting`
    super('KMS_OVERLOADED', false, message + hintOf(details), details)
  }
}

/** Reports that the KMS reported success with an invalid response: wrong shape, wrong key length, another key. `expected` describes a valid one. */
export class InvalidResponseError extends KmsError {
  override readonly name = 'InvalidResponseError'
  constructor(expected: string, details: KmsErrorDetails) {
    const message = `${kmsOf(details)} sent an invalid response while ${attemptOf(details)}: expected ${expected}`
    super('KMS_INVALID_RESPONSE', false, message + hintOf(details), details)
  }
}

/** Reports that the configuration is wrong. `path` names the field, the message the expected value, never the value of a secret. */
export class KmsConfigError extends KmsError {
  override readonly name = 'KmsConfigError'
  /** The field, for example `auth.token.file`; empty for the whole. */
  readonly path: string
  constructor(path: string, problem: string, details: KmsErrorDetails) {
    super('KMS_CONFIG', false, `${path === '' ? 'the configuration' : `"${path}"`} ${problem}`, details)
    this.path = path
  }
}

/** Reports that the `Kms` was used after `close()`, or closed while the call was in flight. */
export class KmsClosedError extends KmsError {
  override readonly name = 'KmsClosedError'
  constructor(details: KmsErrorDetails) {
    super('KMS_CLOSED', false, `the ${details.provider} client is closed (while ${attemptOf(details)})`, details)
  }
}

/**
 * Returns whether the KMS rejected only the key version that the EDEK names: it is too old, unknown or disabled. The writer of a record chooses that version,
 * so such an error rejects one record: it evicts nothing and never rejects a batch.
 */
export function isVersionRejection(error: unknown): error is KeyUnavailableError {
  if (!isKmsError(error, 'KMS_KEY_UNAVAILABLE')) return false
  const { state } = error as KeyUnavailableError
  return state === 'too-old' || state === 'version-unavailable'
}
