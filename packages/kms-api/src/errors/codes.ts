/** The stable codes of {@link KmsError}: they do not change between major versions; messages may. */
export type KmsErrorCode =
  | 'KMS_UNKNOWN_ALIAS'
  | 'KMS_UNKNOWN_KEY'
  | 'KMS_KEY_UNAVAILABLE'
  | 'KMS_KEY_VERSION_AHEAD'
  | 'KMS_INVALID_KEY_USAGE'
  | 'KMS_ACCESS_DENIED'
  | 'KMS_AUTHENTICATION'
  | 'KMS_INVALID_EDEK'
  | 'KMS_KEK_MISMATCH'
  | 'KMS_CONTEXT_UNSUPPORTED'
  | 'KMS_UNSUPPORTED_OPERATION'
  | 'KMS_THROTTLED'
  | 'KMS_UNAVAILABLE'
  | 'KMS_TIMEOUT'
  | 'KMS_CIRCUIT_OPEN'
  | 'KMS_OVERLOADED'
  | 'KMS_INVALID_RESPONSE'
  | 'KMS_CONFIG'
  | 'KMS_CLOSED'

/** The stable codes of {@link DekError}. */
export type DekErrorCode = 'DEK_DESTROYED' | 'DEK_CLAIMED' | 'DEK_EXHAUSTED' | 'DEK_DECRYPT_ONLY' | 'DEK_SNAPSHOT'

/** The stable codes of {@link ProviderError}. */
export type ProviderErrorCode =
  | 'PROVIDER_BAD_NAME'
  | 'PROVIDER_NOT_INSTALLED'
  | 'PROVIDER_NOT_A_PROVIDER'
  | 'PROVIDER_CONTRACT'
  | 'PROVIDER_LOAD_FAILED'
