export type { AwsKmsConfig } from './config/config-schema.ts'
export type { AssumeRoleConfig, CredentialsConfig, SourceCredentialsConfig } from './config/credentials-schema.ts'
export type { AwsKmsClient, FromClientOptions } from './from-client.ts'

export { fromClient } from './from-client.ts'
