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
  isVersionRejection,
  KekMismatchError,
  KeyUnavailableError,
  KeyVersionAheadError,
  KmsClosedError,
  KmsConfigError,
  KmsError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  UnsupportedOperationError,
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
    'example has no KEK that matches "a\\nlias": create it, or correct the selector',
  ],
  KMS_UNKNOWN_KEY: [
    (d) => new UnknownKeyError(d),
    false,
    'the KEK does not exist in example: it was deleted, or it never existed',
  ],
  KMS_KEY_UNAVAILABLE: [(d) => new KeyUnavailableError('disabled', d), false, 'the KEK of example is disabled'],
  KMS_KEY_VERSION_AHEAD: [
    (d) => new KeyVersionAheadError(d),
    false,
    'example does not know the version of the KEK, which the EDEK names: the node lags behind, the KEK was restored from an older backup, or the EDEK is forged',
  ],
  KMS_UNSUPPORTED_OPERATION: [
    (d) => new UnsupportedOperationError('disabling a KEK', d),
    false,
    'example does not support disabling a KEK',
  ],
  KMS_INVALID_KEY_USAGE: [
    (d) => new InvalidKeyUsageError('an AES key', d),
    false,
    'the KEK of example cannot wrap data keys: a KEK must be an AES key',
  ],
  KMS_ACCESS_DENIED: [
    (d) => new AccessDeniedError(d),
    false,
    'example denied unwrapping a data key; check the permissions of the principal',
  ],
  KMS_AUTHENTICATION: [
    (d) => new AuthenticationError(d),
    false,
    'example rejected the credentials while unwrapping a data key',
  ],
  KMS_INVALID_EDEK: [(d) => new InvalidEdekError(d), false, 'the EDEK is not valid'],
  KMS_KEK_MISMATCH: [(d) => new KekMismatchError(d), false, 'the EDEK names another KEK than the expected one'],
  KMS_CONTEXT_UNSUPPORTED: [
    (d) => new ContextUnsupportedError(d),
    false,
    'example cannot bind an encryption context; remove "encryptionContext" or use another KEK',
  ],
  KMS_THROTTLED: [(d) => new ThrottledError(d), true, 'example throttled unwrapping a data key'],
  KMS_UNAVAILABLE: [(d) => new KmsUnavailableError(d), true, 'example is unreachable while unwrapping a data key'],
  KMS_TIMEOUT: [
    (d) => new KmsTimeoutError(500, d),
    true,
    'example did not respond within 500 ms while unwrapping a data key',
  ],
  KMS_CIRCUIT_OPEN: [
    (d) => new CircuitOpenError(d),
    false,
    'no request was sent to example for unwrapping a data key: the circuit breaker is open after repeated failures',
  ],
  KMS_OVERLOADED: [
    (d) => new KmsOverloadedError(d),
    false,
    'no request was sent to example for unwrapping a data key: too many calls are waiting',
  ],
  KMS_INVALID_RESPONSE: [
    (d) => new InvalidResponseError('32 bytes', d),
    false,
    'example sent an invalid response while unwrapping a data key: expected 32 bytes',
  ],
  KMS_CONFIG: [
    (d) => new KmsConfigError('auth.token', 'expected a string, got number', d),
    false,
    '"auth.token" expected a string, got number',
  ],
  KMS_CLOSED: [(d) => new KmsClosedError(d), false, 'the example client is closed (while unwrapping a data key)'],
} satisfies Record<KmsErrorCode, [(details: KmsErrorDetails) => KmsError, boolean, string]>

const CODES = Object.keys(TABLE) as KmsErrorCode[]

const attempt = {
  provider: 'vault',
  endpoint: 'https://vault:8200',
  operation: 'resolveKek',
  kekSelector: 'KEK-x',
} as const

describe('an error of a KMS', () => {
  it.each([
    [
      new KmsUnavailableError({ ...attempt, cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) }),
      'vault https://vault:8200 is unreachable while resolving KEK "KEK-x": the certificate has expired (CERT_HAS_EXPIRED)',
    ],
    [
      new KmsUnavailableError({ ...attempt, status: 503, reason: 'sealed' }),
      'vault https://vault:8200 is unavailable while resolving KEK "KEK-x": HTTP 503 (sealed)',
    ],
    [
      new AccessDeniedError({ ...attempt, operation: 'decryptEdek', kek, permission: 'update on transit/decrypt/x' }),
      'vault https://vault:8200 denied unwrapping a data key of KEK "key\\u001b-1"; the principal lacks the permission update on transit/decrypt/x',
    ],
    [
      new AuthenticationError({ ...attempt, reason: 'ExpiredTokenException' }),
      'vault https://vault:8200 rejected the credentials while resolving KEK "KEK-x": ExpiredTokenException',
    ],
    [
      new AuthenticationError(
        { ...attempt, hint: 'run: aws sso login' },
        'no AWS credentials found (tried: environment)',
      ),
      'no AWS credentials found (tried: environment) (while resolving KEK "KEK-x"); run: aws sso login',
    ],
    [
      new ThrottledError({ ...attempt, retryAfterMs: 250, reason: 'ThrottlingException' }),
      'vault https://vault:8200 throttled resolving KEK "KEK-x": ThrottlingException; it asks to wait 250 ms',
    ],
    [
      new KeyVersionAheadError({ ...attempt, kek: { ...kek, version: '9' } }),
      'vault https://vault:8200 does not know version "9" of KEK "key\\u001b-1", which the EDEK names: the node lags behind, the KEK was restored from an older backup, or the EDEK is forged',
    ],
  ])('says who, what was attempted and why: %s', (error, message) => {
    expect(error.message).toBe(message)
  })

  it.each([
    ['https://user:secret@vault:8200/ns?token=secret#secret', 'https://vault:8200/ns'],
    ['user:secret@kms.example', 'kms.example'],
    ['kms.example?token=secret', 'kms.example'],
    ['kms.example\nsecond line', 'kms.example\\nsecond line'],
    ['token "label"', 'token \\"label\\"'],
  ])('names the endpoint %j without credentials', (endpoint, shown) => {
    const error = new KmsUnavailableError({ ...attempt, endpoint })
    expect(error.endpoint).toBe(shown)
    expect(error.message).toContain(` ${shown} is unreachable`)
    expect(inspect(error, { showHidden: true })).not.toContain('secret')
  })

  it.each(['has a space', 'a\nb', '', '<html>', 'x'.repeat(65), '{"token":"secret"}', '9secret'])(
    'drops the reason %j, which is no identifier',
    (reason) => {
      const error = new KmsUnavailableError({ ...attempt, reason })
      expect(error).not.toHaveProperty('reason')
      expect(error.message).toBe('vault https://vault:8200 is unreachable while resolving KEK "KEK-x"')
    },
  )

  it('is a rejection of a version only where the state says so', () => {
    const of = (state: string): boolean => isVersionRejection(new KeyUnavailableError(state, details))
    expect(['too-old', 'version-unavailable', 'disabled', 'expired', 'constructor'].map(of)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    expect(isVersionRejection({ state: 'too-old' })).toBe(false)
    expect(new KeyUnavailableError('constructor', details).message).toBe(
      'the KEK of example cannot be used now (constructor)',
    )
  })

  it.each(CODES)('of code %s says what happened and whether to try again', (code) => {
    const [make, retryable, message] = TABLE[code]
    const error = make(details)
    expect(error).toBeInstanceOf(KmsError)
    expect(error).toMatchObject({ code, retryable, message, provider: 'example', operation: 'decryptEdek' })
    expect(error.name).toBe(error.constructor.name)
    expect(String(error)).toBe(`${error.name}: ${message}`)
    for (const unknown of ['kek', 'endpoint', 'reason', 'permission', 'status', 'retryAfterMs', 'cause'])
      expect(error).not.toHaveProperty(unknown)
  })

  it.each(CODES)('of code %s carries what is known about the failure', (code) => {
    const cause = new Error('stripped')
    const known = { kek, endpoint: 'https://kms.example', reason: 'Sealed', permission: 'kms:Decrypt', status: 503 }
    const error = TABLE[code][0]({ ...details, ...known, retryAfterMs: 250, cause })
    expect(error).toMatchObject({ ...known, retryAfterMs: 250, cause })
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
      'KEK "key\\u001b-1" does not exist in example: it was deleted, or it never existed',
    )
    expect(new KeyUnavailableError('expired', { ...details, kek })).toMatchObject({
      state: 'expired',
      message: 'KEK "key\\u001b-1" of example has expired',
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
