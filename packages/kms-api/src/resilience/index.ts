import { requireNode } from '../errors/require-node.ts'

export type { CachingKmsOptions, DekCacheOptions, KekCacheOptions, ResponseCacheOptions } from './caching-options.ts'
export type { Decoration, Layer, ResilienceSnapshot } from './decorated-kms.ts'
export type { BulkheadOptions, LaneSnapshot } from './layers/bulkhead.ts'
export type { CircuitBreakerOptions, CircuitState } from './layers/circuit-breaker.ts'
export type { DeadlineOptions } from './layers/deadline.ts'
export type { Lane } from './layers/layer-call.ts'
export type { RetryBudgetOptions } from './layers/retry-budget.ts'
export type { RetryOptions } from './layers/retry.ts'
export type { TokenBucketOptions } from './layers/token-bucket.ts'
export type { ResilienceNumberOptions, ResilienceNumbers } from './resilience-options.ts'
export type { ResilientKmsOptions } from './resilient-kms.ts'

export { cachingKms } from './caching-kms.ts'
export { decorationOf, isDecoratedKms } from './decorated-kms.ts'
export { isRevocation } from './layers/failures.ts'
export { guardUnnamedKeks } from './guard-unnamed-keks.ts'
export { minimumOf, RESILIENCE_DEFAULTS } from './resilience-options.ts'
export { resilientKms } from './resilient-kms.ts'

requireNode(process.versions.node)
