export type { AwsKey, AwsKmsAdmin, CreateKeyOptions, ReplicateKeyOptions } from './aws-kms-admin.ts'
export type { PolicyOptions } from './policies.ts'

export { createAwsKmsAdmin } from './create-admin.ts'
export { consumerPolicy, producerPolicy } from './policies.ts'
