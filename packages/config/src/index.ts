export type { ConfigErrorCode } from './errors/config-error.ts'
export type { EncryptionFromFile, EncryptionFromFileOptions } from './session/create-encryption-from-file.ts'

export { ConfigError } from './errors/config-error.ts'
export { createEncryptionFromFile } from './session/create-encryption-from-file.ts'
