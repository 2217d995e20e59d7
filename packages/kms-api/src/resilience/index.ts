export type { ResponseCacheOptions, CachingKmsOptions, KekCacheOptions } from './caching-options.ts'

export { cachingKms } from './caching-kms.ts'
export { isDecoratedKms } from './decorated-kms.ts'
