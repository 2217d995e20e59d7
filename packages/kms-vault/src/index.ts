export type { AuthConfig } from './auth/auth-schema.ts'
export type { VaultKmsConfig } from './config-schema.ts'

export { configSchema } from './config-schema.ts'
