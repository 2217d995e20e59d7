export type { TopicDescription } from '../topics/describe-topic.ts'
export type { EncryptionConfig } from './schemas.ts'

export { describeTopic } from '../topics/describe-topic.ts'
export { encryptionConfigSchema } from './schemas.ts'
