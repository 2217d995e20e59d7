export type { AwsKmsConfig } from './config-schema.ts'
export type {
  AssumeRoleConfig,
  CredentialsConfig,
  ProfileCredentialsConfig,
  SourceCredentialsConfig,
  StaticCredentialsConfig,
} from './credentials/credentials-schema.ts'
export type { AwsKmsClient, FromClientOptions } from './from-client.ts'

export { fromClient } from './from-client.ts'
