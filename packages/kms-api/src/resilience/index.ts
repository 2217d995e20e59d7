import { requireNode } from '../errors/require-node.ts'

export type { CachingKmsOptions, DekCacheOptions, KekCacheOptions, ResponseCacheOptions } from './caching-options.ts'

export { cachingKms } from './caching-kms.ts'
export { isDecoratedKms } from './decorated-kms.ts'
export { guardUnnamedKeks } from './guard-unnamed-keks.ts'

requireNode(process.versions.node)
