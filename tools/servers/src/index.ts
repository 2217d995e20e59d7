export type { RunningServer } from './process/running-server.ts'
export type { RunningVault, VaultOptions } from './vault/start-vault.ts'

export { installLocalStack, startLocalStack } from './localstack/localstack.ts'
export { installMoto, startMoto } from './moto/moto.ts'
export { ServerError } from './process/server-error.ts'
export { installVault } from './vault/install-vault.ts'
export { startVault } from './vault/start-vault.ts'
