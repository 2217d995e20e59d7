export type { TopicDescription } from '../topics/describe-topic.ts'
export type { ShadowedRule } from '../topics/shadowed-rules.ts'
export type { EncryptionConfig, RuleConfig } from '../policies/schemas.ts'

export { describeTopic } from '../topics/describe-topic.ts'
export { describeShadowedRule, findShadowedRules } from '../topics/shadowed-rules.ts'
export { encryptionConfigSchema } from '../policies/schemas.ts'
