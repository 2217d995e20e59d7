export type { FaultCall, FaultHook, InMemoryOperation } from './admin/faults.ts'
export type { InMemoryKekOptions, InMemoryKmsAdmin } from './admin/in-memory-kms-admin.ts'
export type { InMemoryKmsConfig } from './config-schema.ts'
export type { InMemoryKmsOptions, InMemoryKmsPair } from './create-in-memory-kms.ts'
export type { KekState, KekVersionState } from './keys/stored-kek.ts'

export { adminOf } from './admin/admin.ts'
export { createInMemoryKms } from './create-in-memory-kms.ts'
