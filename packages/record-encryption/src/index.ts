export type { RecordErrorCode, RecordErrorDetails } from './errors/record-error.ts'
export type { EncryptedRecordInfo } from './records/inspect-record.ts'
export type {
  BindingOptions,
  CallOptions,
  DecryptErrorHandler,
  DekLimits,
  EncryptionHealth,
  EncryptionPolicies,
  InstancePolicies,
  KafkaRecord,
  OnPlaintext,
  DecryptedRecord,
  DecryptedInfo,
  PreviousKek,
  RecordEncryption,
  RecordEncryptionOptions,
  RecordHeader,
  ResilienceOptions,
  RecordReplacement,
  EncryptedRecord,
  TopicPattern,
  TopicPolicies,
  TopicRule,
} from './types.ts'

export { createRecordEncryption } from './create-record-encryption.ts'
export { EncryptionClosedError } from './errors/encryption-closed-error.ts'
export { mayPassRaw } from './errors/may-pass-raw.ts'
export { isRecordError, RecordBindingError, RecordError } from './errors/record-error.ts'
export { inspectRecord } from './records/inspect-record.ts'
export { isTopicName } from './topics/topic-name.ts'
