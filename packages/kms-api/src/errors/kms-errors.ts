import { KmsError, type KmsErrorDetails } from './kms-error.ts'
import { printable } from './printable.ts'

/** The selector matches no KEK. Only from an authoritative answer: never from a malformed request, a denial or an unknown mount. */
export class UnknownAliasError extends KmsError {
  override readonly name = 'UnknownAliasError'
  constructor(kekSelector: string, details: KmsErrorDetails) {
    super(
      'KMS_UNKNOWN_ALIAS',
      false,
      `"kekSelector" expected a KEK that the KMS knows, got ${printable(kekSelector)}`,
      details,
    )
  }
}

/** The KEK of this EDEK or reference does not exist any more. */
export class UnknownKeyError extends KmsError {
  override readonly name = 'UnknownKeyError'
  constructor(details: KmsErrorDetails) {
    const id = details.kek === undefined ? '' : ` ${printable(details.kek.id)}`
    super('KMS_UNKNOWN_KEY', false, `the KEK${id} does not exist in the KMS any more`, details)
  }
}

/** Why a KEK that exists may not be used now. Providers may add states of their own. */
export type KeyState =
  | 'disabled'
  | 'pending-deletion'
  | 'pending-import'
  | 'expired'
  | 'not-yet-valid'
  | 'too-old'
  | 'deleted'
  | (string & {})

/** The KEK exists and may not be used now. */
export class KeyUnavailableError extends KmsError {
  override readonly name = 'KeyUnavailableError'
  readonly state: KeyState
  constructor(state: KeyState, details: KmsErrorDetails) {
    const id = details.kek === undefined ? '' : ` ${printable(details.kek.id)}`
    super('KMS_KEY_UNAVAILABLE', false, `the KEK${id} may not be used now: ${state}`, details)
    this.state = state
  }
}

/** The key is of the wrong kind or lacks an operation. `expected` says what is needed. */
export class InvalidKeyUsageError extends KmsError {
  override readonly name = 'InvalidKeyUsageError'
  constructor(expected: string, details: KmsErrorDetails) {
    super('KMS_INVALID_KEY_USAGE', false, `the KEK cannot be used: expected ${expected}`, details)
  }
}

/** The principal is known and not allowed to do this. */
export class AccessDeniedError extends KmsError {
  override readonly name = 'AccessDeniedError'
  constructor(details: KmsErrorDetails) {
    super(
      'KMS_ACCESS_DENIED',
      false,
      `the KMS denied ${details.operation}: check the permissions of the principal`,
      details,
    )
  }
}

/** The KMS does not accept the credentials, after one renewal was tried. */
export class AuthenticationError extends KmsError {
  override readonly name = 'AuthenticationError'
  constructor(details: KmsErrorDetails) {
    super('KMS_AUTHENTICATION', false, `the KMS did not accept the credentials for ${details.operation}`, details)
  }
}

/** The EDEK is malformed, tampered with, foreign, or bound to another context. One constant message: no oracle. */
export class InvalidEdekError extends KmsError {
  override readonly name = 'InvalidEdekError'
  constructor(details: KmsErrorDetails) {
    super('KMS_INVALID_EDEK', false, 'the EDEK is not valid', details)
  }
}

/** The EDEK names another KEK than the one that was expected. One constant message. */
export class KekMismatchError extends KmsError {
  override readonly name = 'KekMismatchError'
  constructor(details: KmsErrorDetails) {
    super('KMS_KEK_MISMATCH', false, 'the EDEK names another KEK than the expected one', details)
  }
}

/** This provider or this key cannot bind an encryption context. */
export class ContextUnsupportedError extends KmsError {
  override readonly name = 'ContextUnsupportedError'
  constructor(details: KmsErrorDetails) {
    super(
      'KMS_CONTEXT_UNSUPPORTED',
      false,
      '"encryptionContext" expected to be absent: this KEK cannot bind one',
      details,
    )
  }
}

/** The KMS asks for fewer requests. */
export class ThrottledError extends KmsError {
  override readonly name = 'ThrottledError'
  constructor(details: KmsErrorDetails) {
    super('KMS_THROTTLED', true, `the KMS throttled ${details.operation}`, details)
  }
}

/** The KMS could not be reached, or answered that it cannot serve. */
export class KmsUnavailableError extends KmsError {
  override readonly name = 'KmsUnavailableError'
  constructor(details: KmsErrorDetails) {
    super('KMS_UNAVAILABLE', true, `the KMS is not available for ${details.operation}`, details)
  }
}

/** The KMS did not answer within the deadline. */
export class KmsTimeoutError extends KmsError {
  override readonly name = 'KmsTimeoutError'
  constructor(timeoutMs: number, details: KmsErrorDetails) {
    super('KMS_TIMEOUT', true, `the KMS did not answer ${details.operation} within ${timeoutMs} ms`, details)
  }
}

/** Too many calls failed; the breaker refuses more for a while. Not retried here: the caller may, later. */
export class CircuitOpenError extends KmsError {
  override readonly name = 'CircuitOpenError'
  constructor(details: KmsErrorDetails) {
    super(
      'KMS_CIRCUIT_OPEN',
      false,
      `no ${details.operation} for now: the circuit breaker is open after repeated failures`,
      details,
    )
  }
}

/** Too many calls wait already. Not retried here: the caller may, later. */
export class KmsOverloadedError extends KmsError {
  override readonly name = 'KmsOverloadedError'
  constructor(details: KmsErrorDetails) {
    super('KMS_OVERLOADED', false, `no ${details.operation} for now: too many calls to the KMS are waiting`, details)
  }
}

/** The KMS reported success with an answer that is none: wrong shape, wrong key length, another key. `expected` says what was needed. */
export class InvalidResponseError extends KmsError {
  override readonly name = 'InvalidResponseError'
  constructor(expected: string, details: KmsErrorDetails) {
    super(
      'KMS_INVALID_RESPONSE',
      false,
      `the KMS answered ${details.operation} with something else than ${expected}`,
      details,
    )
  }
}

/** The configuration is wrong. `path` names the field, the message the value that was expected, never the value that was given to a secret. */
export class KmsConfigError extends KmsError {
  override readonly name = 'KmsConfigError'
  /** The field, for example `auth.token.file`; empty for the whole. */
  readonly path: string
  constructor(path: string, problem: string, details: KmsErrorDetails) {
    super('KMS_CONFIG', false, `${path === '' ? 'the configuration' : `"${path}"`} ${problem}`, details)
    this.path = path
  }
}

/** The `Kms` was used after `close()`. */
export class KmsClosedError extends KmsError {
  override readonly name = 'KmsClosedError'
  constructor(details: KmsErrorDetails) {
    super('KMS_CLOSED', false, `no ${details.operation}: the KMS client was closed`, details)
  }
}
