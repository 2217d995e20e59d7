/** Errors by the names that AWS gives them. The SDK models few of these, so neither their class nor `$retryable` decides. */

/** AWS rejects the credentials: wrong, expired or absent. */
export const AUTHENTICATION: ReadonlySet<string> = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'AuthFailure',
])

export const ACCESS_DENIED: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'NotAuthorizedException',
  'NotAuthorized',
  'UnauthorizedOperation',
  'OptInRequired',
])

/** AWS KMS sends these as status 400. */
export const THROTTLING: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'LimitExceededException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
])

/** AWS cannot serve now. */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'KMSInternalException',
  'KeyUnavailableException',
  'DependencyTimeoutException',
  'InternalFailure',
  'InternalError',
  'InternalServerError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'RequestTimeout',
  'RequestTimeoutException',
  'IDPCommunicationError',
  'ConflictException',
])

/** The key store of a key: a CloudHSM cluster, or an external key store with its proxy. All of its faults are outages of that store. */
const KEY_STORE = /^(?:CloudHsmCluster|CustomKeyStore|XksProxy)/

/** The part of a key that lies outside of AWS is gone or of the wrong kind. */
export const EXTERNAL_KEY: ReadonlySet<string> = new Set([
  'XksKeyNotFoundException',
  'XksKeyInvalidConfigurationException',
  'XksKeyAlreadyInUseException',
])

/** Returns whether an error says that AWS KMS, or what stands behind a key, cannot serve now. */
export function isUnavailable(name: string): boolean {
  return UNAVAILABLE.has(name) || KEY_STORE.test(name)
}

export const INVALID_EDEK: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

export const INVALID_USAGE: ReadonlySet<string> = new Set(['InvalidKeyUsageException', 'UnsupportedOperationException'])

/** AWS KMS finds the request malformed. The later ones concern administrators only. */
export const INVALID_REQUEST: ReadonlySet<string> = new Set([
  'ValidationException',
  'ValidationError',
  'InvalidArnException',
  'SerializationException',
  'AlreadyExistsException',
  'InvalidAliasNameException',
  'MalformedPolicyDocumentException',
  'TagException',
])

/** Statuses below 500 of gateways and load balancers that say nothing about the request itself. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 472, 473])

/** Returns whether a status means that the service, or something between, cannot serve now. */
export function isPassing(status: number): boolean {
  return status >= 500 || PASSING.has(status)
}
