export type { AuthConfig } from './config/auth-schema.ts'
export type { VaultKmsConfig } from './config/config-schema.ts'

export { configSchema } from './config/config-schema.ts'
