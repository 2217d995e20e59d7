/** Errors by the names that AWS gives them. The SDK models few of these, so that neither their class nor `$retryable` can be asked. */

/** The credentials are not accepted: wrong, expired, not there. */
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

/** AWS KMS, or what stands behind a key (a CloudHSM cluster, an external key store), cannot serve now. */
export const UNAVAILABLE: ReadonlySet<string> = new Set([
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
  'CloudHsmClusterNotActiveException',
  'CloudHsmClusterInvalidConfigurationException',
  'CustomKeyStoreInvalidStateException',
  'XksProxyUriUnreachableException',
  'XksProxyInvalidResponseException',
  'IDPCommunicationError',
  'ConflictException',
])

export const INVALID_EDEK: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

export const INVALID_USAGE: ReadonlySet<string> = new Set(['InvalidKeyUsageException', 'UnsupportedOperationException'])

/** AWS KMS finds the request wrong. The later ones are answers to an administrator. */
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
