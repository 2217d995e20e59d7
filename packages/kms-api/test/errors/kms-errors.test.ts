import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  AuthenticationError,
  CircuitOpenError,
  ContextUnsupportedError,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  isKmsError,
  KekMismatchError,
  KeyUnavailableError,
  KmsClosedError,
  KmsConfigError,
  KmsError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  type Kek,
  type KmsErrorCode,
  type KmsErrorDetails,
} from '../../src/index.ts'

const kek: Kek = { provider: 'example', id: 'key\u001b-1', wrapping: 'authenticated' }
const details: KmsErrorDetails = { provider: 'example', operation: 'decryptEdek' }

/** Every class with its code, whether to retry, and its message. `satisfies` below makes this fail to compile when a code is added. */
const TABLE = {
  KMS_UNKNOWN_ALIAS: [
    (d) => new UnknownAliasError('a\nlias', d),
    false,
    '"kekSelector" expected a KEK that the KMS knows, got "a\\nlias"',
  ],
  KMS_UNKNOWN_KEY: [(d) => new UnknownKeyError(d), false, 'the KEK does not exist in the KMS any more'],
  KMS_KEY_UNAVAILABLE: [(d) => new KeyUnavailableError('disabled', d), false, 'the KEK may not be used now: disabled'],
  KMS_INVALID_KEY_USAGE: [
    (d) => new InvalidKeyUsageError('an AES key', d),
    false,
    'the KEK cannot be used: expected an AES key',
  ],
  KMS_ACCESS_DENIED: [
    (d) => new AccessDeniedError(d),
    false,
    'the KMS denied decryptEdek: check the permissions of the principal',
  ],
  KMS_AUTHENTICATION: [
    (d) => new AuthenticationError(d),
    false,
    'the KMS did not accept the credentials for decryptEdek',
  ],
  KMS_INVALID_EDEK: [(d) => new InvalidEdekError(d), false, 'the EDEK is not valid'],
  KMS_KEK_MISMATCH: [(d) => new KekMismatchError(d), false, 'the EDEK names another KEK than the expected one'],
  KMS_CONTEXT_UNSUPPORTED: [
    (d) => new ContextUnsupportedError(d),
    false,
    '"encryptionContext" expected to be absent: this KEK cannot bind one',
  ],
  KMS_THROTTLED: [(d) => new ThrottledError(d), true, 'the KMS throttled decryptEdek'],
  KMS_UNAVAILABLE: [(d) => new KmsUnavailableError(d), true, 'the KMS is not available for decryptEdek'],
  KMS_TIMEOUT: [(d) => new KmsTimeoutError(500, d), true, 'the KMS did not answer decryptEdek within 500 ms'],
  KMS_CIRCUIT_OPEN: [
    (d) => new CircuitOpenError(d),
    false,
    'no decryptEdek for now: the circuit breaker is open after repeated failures',
  ],
  KMS_OVERLOADED: [
    (d) => new KmsOverloadedError(d),
    false,
    'no decryptEdek for now: too many calls to the KMS are waiting',
  ],
  KMS_INVALID_RESPONSE: [
    (d) => new InvalidResponseError('32 bytes', d),
    false,
    'the KMS answered decryptEdek with something else than 32 bytes',
  ],
  KMS_CONFIG: [
    (d) => new KmsConfigError('auth.token', 'expected a string, got number', d),
    false,
    '"auth.token" expected a string, got number',
  ],
  KMS_CLOSED: [(d) => new KmsClosedError(d), false, 'no decryptEdek: the KMS client was closed'],
} satisfies Record<KmsErrorCode, [(details: KmsErrorDetails) => KmsError, boolean, string]>

const CODES = Object.keys(TABLE) as KmsErrorCode[]

describe('an error of a KMS', () => {
  it.each(CODES)('of code %s says what happened and whether to try again', (code) => {
    const [make, retryable, message] = TABLE[code]
    const error = make(details)
    expect(error).toBeInstanceOf(KmsError)
    expect(error).toMatchObject({ code, retryable, message, provider: 'example', operation: 'decryptEdek' })
    expect(error.name).toBe(error.constructor.name)
    expect(String(error)).toBe(`${error.name}: ${message}`)
    for (const unknown of ['kek', 'status', 'retryAfterMs', 'cause']) expect(error).not.toHaveProperty(unknown)
  })

  it.each(CODES)('of code %s carries what is known about the failure', (code) => {
    const cause = new Error('stripped')
    const error = TABLE[code][0]({ ...details, kek, status: 503, retryAfterMs: 250, cause })
    expect(error).toMatchObject({ kek, status: 503, retryAfterMs: 250, cause })
  })

  it.each(CODES)('is recognised by code %s and by no other', (code) => {
    const error = TABLE[code][0](details)
    expect(isKmsError(error)).toBe(true)
    expect(CODES.filter((other) => isKmsError(error, other))).toEqual([code])
  })

  it('is not anything that looks like one', () => {
    for (const value of [
      undefined,
      null,
      'KMS_CLOSED',
      new Error('x'),
      { code: 'KMS_CLOSED', retryable: false },
      Object.assign(new Error('x'), { code: 'KMS_CLOSED' }),
    ]) {
      expect(isKmsError(value)).toBe(false)
      expect(isKmsError(value, 'KMS_CLOSED')).toBe(false)
    }
  })

  it('names a KEK with its control characters escaped', () => {
    expect(new UnknownKeyError({ ...details, kek }).message).toBe(
      'the KEK "key\\u001b-1" does not exist in the KMS any more',
    )
    expect(new KeyUnavailableError('expired', { ...details, kek })).toMatchObject({
      state: 'expired',
      message: 'the KEK "key\\u001b-1" may not be used now: expired',
    })
  })

  it('of the whole configuration says so', () => {
    expect(new KmsConfigError('', 'expected an object, got null', details)).toMatchObject({
      path: '',
      message: 'the configuration expected an object, got null',
    })
  })

  it('about an EDEK says the same whatever was wrong with it', () => {
    const messages = [details, { ...details, kek }, { ...details, status: 400, cause: new Error('tag') }].map((d) =>
      [new InvalidEdekError(d).message, new KekMismatchError(d).message].join(),
    )
    expect(new Set(messages).size).toBe(1)
  })

  it('keeps its code when it is printed as JSON, and no mark shows', () => {
    const error = new KmsClosedError(details)
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'KmsClosedError',
      code: 'KMS_CLOSED',
      retryable: false,
      provider: 'example',
      operation: 'decryptEdek',
    })
    expect(inspect(error)).not.toContain('Symbol(')
  })
})
