import { requireNode } from '../errors/require-node.ts'

export type { LoadKmsProviderOptions } from './load-kms-provider.ts'
export type { FoundProvider } from './resolve-provider.ts'

export { listKmsProviders } from './list-kms-providers.ts'
export { loadKmsProvider } from './load-kms-provider.ts'

requireNode(process.versions.node)
