import type { KmsErrorCode } from '@keyfold/kms-api'

import type { Fault } from '../support/fake-aws.ts'

/** A fault of the KMS or the way to it, and what each operation makes of it. */
export interface FaultRow {
  readonly fault: string
  readonly make: Fault
  /** The code for all three operations, or for each of them. */
  readonly code:
    | KmsErrorCode
    | { readonly resolveKek: KmsErrorCode; readonly generateDekPair: KmsErrorCode; readonly decryptEdek: KmsErrorCode }
}

const html = '<html><body>502 Bad Gateway kf-canary-body</body></html>'
const each = (resolveKek: KmsErrorCode, generateDekPair: KmsErrorCode, decryptEdek: KmsErrorCode) => ({
  resolveKek,
  generateDekPair,
  decryptEdek,
})

const unavailable = 'KMS_UNAVAILABLE'
const throttled = 'KMS_THROTTLED'
const denied = 'KMS_ACCESS_DENIED'
const authentication = 'KMS_AUTHENTICATION'
const invalidResponse = 'KMS_INVALID_RESPONSE'
const unavailableKey = 'KMS_KEY_UNAVAILABLE'
const usage = 'KMS_INVALID_KEY_USAGE'
const timeout = 'KMS_TIMEOUT'

const named = (type: string, code: FaultRow['code'], status = 400): FaultRow => ({
  fault: `${status} ${type}`,
  make: { type, status },
  code,
})

/** Errors that AWS names. */
const names: readonly FaultRow[] = [
  named('ThrottlingException', throttled),
  named('com.amazonaws.kms#ThrottlingException', throttled),
  named('LimitExceededException', throttled),
  named('TooManyRequestsException', throttled, 429),
  named('ThrottlingException', throttled, 503),
  named('KMSInternalException', unavailable, 500),
  named('KMSInternalException', unavailable),
  named('KeyUnavailableException', unavailable, 500),
  named('DependencyTimeoutException', unavailable, 503),
  named('ServiceUnavailableException', unavailable, 503),
  named('InternalFailure', unavailable, 500),
  named('RequestTimeoutException', unavailable),
  named('CustomKeyStoreInvalidStateException', unavailable),
  named('CloudHsmClusterNotActiveException', unavailable),
  named('XksProxyUriUnreachableException', unavailable),
  named('XksProxyInvalidResponseException', unavailable),
  named('XksProxyInvalidConfigurationException', unavailable),
  named('XksProxyIncorrectAuthenticationCredentialException', unavailable),
  named('CustomKeyStoreNotFoundException', unavailable),
  named('CloudHsmClusterNotFoundException', unavailable),
  named('CloudHsmClusterInvalidConfigurationException', unavailable),
  named('XksKeyNotFoundException', unavailableKey),
  named('XksKeyInvalidConfigurationException', unavailableKey),
  named('XksKeyAlreadyInUseException', unavailableKey),
  named('AccessDeniedException', denied),
  named('AccessDenied', denied, 403),
  named('OptInRequired', denied, 403),
  named('UnrecognizedClientException', authentication),
  named('InvalidSignatureException', authentication),
  named('ExpiredTokenException', authentication),
  named('IncompleteSignature', authentication),
  named('InvalidClientTokenId', authentication, 403),
  named('MissingAuthenticationToken', authentication, 403),
  named('NotFoundException', each('KMS_UNKNOWN_ALIAS', 'KMS_UNKNOWN_KEY', 'KMS_UNKNOWN_KEY')),
  named('DisabledException', unavailableKey),
  named('KMSInvalidStateException', unavailableKey),
  named('InvalidKeyUsageException', usage),
  named('UnsupportedOperationException', usage),
  named('InvalidCiphertextException', each(invalidResponse, invalidResponse, 'KMS_INVALID_EDEK')),
  named('IncorrectKeyException', each(invalidResponse, invalidResponse, 'KMS_INVALID_EDEK')),
  named('ValidationException', each('KMS_CONFIG', 'KMS_CONFIG', 'KMS_INVALID_EDEK')),
  named('InvalidArnException', each('KMS_CONFIG', 'KMS_CONFIG', 'KMS_INVALID_EDEK')),
  named('SomethingNewException', invalidResponse),
  named('TimeoutError', invalidResponse),
  named('CredentialsProviderError', invalidResponse),
  // RecordRejections that come with a status that AWS KMS does not give them: something on the way speaks.
  named('NotFoundException', unavailable, 500),
  named('DisabledException', unavailable, 503),
]

const plain = (status: number, code: FaultRow['code']): FaultRow => ({
  fault: `${status} with a page instead of JSON`,
  make: { status, body: html, headers: { 'content-type': 'text/html' } },
  code,
})

/** Responses of proxies, gateways and captive portals. */
const statuses: readonly FaultRow[] = [
  plain(200, invalidResponse),
  plain(400, invalidResponse),
  plain(401, authentication),
  plain(403, denied),
  plain(404, invalidResponse),
  plain(408, unavailable),
  plain(412, unavailable),
  plain(413, invalidResponse),
  plain(429, throttled),
  plain(473, unavailable),
  plain(500, unavailable),
  plain(502, unavailable),
  plain(503, unavailable),
  plain(504, unavailable),
  { fault: '204 without a body', make: { status: 204, body: '' }, code: invalidResponse },
  {
    fault: '301 to another origin',
    make: { status: 301, body: '', headers: { location: 'http://127.0.0.1:1/' } },
    code: invalidResponse,
  },
  {
    fault: '302 to another origin',
    make: { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
    code: invalidResponse,
  },
  {
    fault: '307 to another origin',
    make: { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } },
    code: invalidResponse,
  },
  {
    fault: '308 to another origin',
    make: { status: 308, body: '', headers: { location: 'http://127.0.0.1:1/' } },
    code: invalidResponse,
  },
  { fault: '400 without a body', make: { status: 400, body: '' }, code: invalidResponse },
  { fault: '500 without a body', make: { status: 500, body: '' }, code: unavailable },
]

const key = (
  name: string,
  change: (answer: Record<string, unknown>) => unknown,
  code: FaultRow['code'] = invalidResponse,
): FaultRow => ({
  fault: name,
  make: { change },
  code,
})

/** Successes that are none. */
const answers: readonly FaultRow[] = [
  { fault: '200 with an empty body', make: { body: '' }, code: invalidResponse },
  { fault: '200 with {}', make: { body: '{}' }, code: invalidResponse },
  { fault: '200 with null', make: { body: 'null' }, code: invalidResponse },
  { fault: '200 with a list', make: { body: '[]' }, code: invalidResponse },
  { fault: '200 with cut JSON', make: { body: '{"KeyId":"kf-canary-body' }, code: invalidResponse },
  { fault: '200 with a NUL', make: { body: '{"a":"\0"}' }, code: invalidResponse },
  {
    fault: '200 with bytes that are no text',
    make: { body: Uint8Array.of(0xff, 0xfe, 0x00, 0xc3) },
    code: invalidResponse,
  },
  { fault: '200 with deep JSON', make: { body: `${'['.repeat(20_000)}${']'.repeat(20_000)}` }, code: invalidResponse },
  { fault: '200 with 10 MB', make: { body: `{"a":"${'x'.repeat(10_000_000)}"}` }, code: invalidResponse },
  { fault: '500 with 10 MB', make: { status: 500, body: 'x'.repeat(10_000_000) }, code: unavailable },
  {
    fault: '200 that says it is compressed',
    make: { body: Uint8Array.of(0x1f, 0x8b, 8, 0), headers: { 'content-encoding': 'gzip' } },
    code: invalidResponse,
  },
  key(
    'the key of another id',
    (answer) => JSON.parse(JSON.stringify(answer).replaceAll('1234abcd', '99999999')) as object,
    invalidResponse,
  ),
  key(
    'the key of another account',
    (answer) => JSON.parse(JSON.stringify(answer).replaceAll('111122223333', '999999999999')) as object,
    invalidResponse,
  ),
  key('no key', (answer) => ({ ...answer, KeyId: undefined, KeyMetadata: undefined }), invalidResponse),
  key(
    'a key id instead of an ARN',
    (answer) => JSON.parse(JSON.stringify(answer).replaceAll(/arn:aws:kms:[^"]*key\//g, '')) as object,
    invalidResponse,
  ),
]

/** The network. */
const network: readonly FaultRow[] = [
  { fault: 'a reset before the answer', make: { network: 'reset' }, code: unavailable },
  { fault: 'an end in the middle of the headers', make: { network: 'half-headers' }, code: unavailable },
  { fault: 'an end in the middle of the body', make: { network: 'half-body' }, code: unavailable },
  { fault: 'no answer', make: { network: 'silence' }, code: timeout },
  { fault: 'an answer of one byte at a time', make: { network: 'drip' }, code: timeout },
  { fault: 'an answer behind the deadline', make: { delayMs: 1_500 }, code: timeout },
]

export const faultTable: readonly FaultRow[] = [...names, ...statuses, ...answers, ...network]
