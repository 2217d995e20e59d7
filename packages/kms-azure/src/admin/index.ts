export type { AzureKmsAdmin, CreateKekOptions, RotationPolicy } from './azure-kms-admin.ts'
export type { RoleOptions } from './role-assignments.ts'

export { createAzureKmsAdmin } from './create-admin.ts'
export { adminRole, consumerRole, producerRole } from './role-assignments.ts'
