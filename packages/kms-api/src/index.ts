import { requireNode } from './errors/require-node.ts'

export type { Moment } from './clock/moment.ts'
export type { Dek, DekClaimOptions, DekPurpose } from './contract/dek.ts'
export type { KekAdmin, KekVersion } from './contract/kek-admin.ts'
export type { Edek, Kek, KekHint } from './contract/kek.ts'
export type { DekPair, EncryptionContext, Kms, KmsCallOptions, KmsHealth, KmsReader } from './contract/kms.ts'
export type { Clock, KmsConfig, KmsContext, KmsProvider, Logger } from './provider.ts'
export type {
  StandardIssue,
  StandardJSONSchemaV1,
  StandardResult,
  StandardSchemaV1,
} from './contract/standard-schema.ts'
export type { DekErrorCode, KmsErrorCode, ProviderErrorCode } from './errors/codes.ts'
export type { KmsErrorDetails, KmsOperation } from './errors/kms-error.ts'
export type { KeyState } from './errors/kms-errors.ts'
export type { Secret, SecretConfig, SecretOptions } from './secret/secret.ts'

export { elapsedMs, momentOf, systemClock } from './clock/moment.ts'
export { withSignal } from './clock/with-signal.ts'
export { sameKek } from './contract/same-kek.ts'
export { createDek } from './dek/create-dek.ts'
export { RegionTable } from './dek/region-table.ts'
export { encodeEncryptionContext } from './encryption-context/encode-encryption-context.ts'
export { DekError, isDekError } from './errors/dek-error.ts'
export { describeType } from './errors/describe-type.ts'
export { formatPath } from './errors/format-path.ts'
export { isKmsError, KmsError } from './errors/kms-error.ts'
export {
  AccessDeniedError,
  AuthenticationError,
  CircuitOpenError,
  ContextUnsupportedError,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  isVersionRejection,
  KekMismatchError,
  KeyUnavailableError,
  KeyVersionAheadError,
  KmsClosedError,
  KmsConfigError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  UnsupportedOperationError,
} from './errors/kms-errors.ts'
export { escapeText, printable } from './errors/printable.ts'
export { isProviderError, ProviderError } from './errors/provider-error.ts'
export { createSecret } from './secret/secret.ts'

requireNode(process.versions.node)
