export type { KeyVaultOptions, LoggedRequest, VaultFault } from './key-vault-server.ts'
export type { KeyOptions, KeyType, KeyVersion } from './stored-key.ts'

export { KeyVaultServer } from './key-vault-server.ts'
export { publicPart } from './stored-key.ts'
