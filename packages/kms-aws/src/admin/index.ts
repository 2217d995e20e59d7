export type { AwsKek, AwsKmsAdmin, CreateKekOptions, KekDescription, ReplicateKekOptions } from './aws-kms-admin.ts'
export type { PolicyOptions } from './policies.ts'

export { createAwsKmsAdmin } from './create-admin.ts'
export { adminPolicy, consumerPolicy, producerPolicy } from './policies.ts'
