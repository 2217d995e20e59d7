export type { PolicyOptions } from './policy.ts'
export type { MinimumVersions, VaultAdmin, VaultKeyType } from './vault-admin.ts'

export { createVaultAdmin } from './create-vault-admin.ts'
export { writePolicy } from './policy.ts'
