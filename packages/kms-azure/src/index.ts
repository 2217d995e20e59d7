export type { AzureKmsConfig } from './config-schema.ts'
export type { CredentialsConfig } from './credentials/credentials-schema.ts'
export type { AccessToken, AzureTokenCredential } from './credentials/token-credential.ts'
export type { AzureKeyClient, FromClientOptions } from './from-client.ts'
export type { KekType } from './keys/key-type.ts'

export { fromClient } from './from-client.ts'
