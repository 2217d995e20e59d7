export type { PolicyOptions, ProducerPolicyOptions } from './policies.ts'
export type { CreateKekOptions, MinimumVersions, VaultAdmin, VaultKeyType } from './vault-admin.ts'

export { createVaultAdmin } from './create-vault-admin.ts'
export { adminPolicy, consumerPolicy, producerPolicy } from './policies.ts'
