export type { TopicDescription } from '../topics/describe-topic.ts'
export type { EncryptionConfig } from '../policies/schemas.ts'

export { describeTopic } from '../topics/describe-topic.ts'
export { encryptionConfigSchema } from '../policies/schemas.ts'
