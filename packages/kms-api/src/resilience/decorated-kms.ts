import type { Kek } from '../contract/kek.ts'
import type { Kms } from '../contract/kms.ts'
import type { LaneSnapshot } from './layers/bulkhead.ts'
import type { CircuitState } from './layers/circuit-breaker.ts'
import type { Lane } from './layers/layer-call.ts'

/** A layer in front of a provider, outermost first in {@link Decoration.layers}. */
export type Layer = 'cache' | 'deadline' | 'rejected-unwraps' | 'bulkhead' | 'retry' | 'circuit-breaker'

/** The current state of the layers. Fields of a missing layer are absent. */
export interface ResilienceSnapshot {
  readonly keks?: { readonly entries: number; readonly inFlight: number } | undefined
  readonly deks?: { readonly entries: number; readonly inFlight: number } | undefined
  readonly circuitBreaker?: { readonly state: CircuitState; readonly retryAfterMs: number } | undefined
  readonly lanes?: Readonly<Partial<Record<Lane, LaneSnapshot>>> | undefined
}

/** The layers in front of a provider. */
export interface Decoration {
  readonly layers: readonly Layer[]
  snapshot(): ResilienceSnapshot
  /** Forgets everything that is cached about a KEK, rejections included. */
  evict(kek: Kek): void
}

const MARK = Symbol.for('@keyfold/kms-api/decorated')

/** Marks a `Kms` as decorated, so that it is not decorated a second time, by this installed copy of the package or another. */
export function markDecorated(kms: Kms, decoration: Decoration): void {
  Object.defineProperty(kms, MARK, { value: Object.freeze(decoration) })
}

/** The layers in front of a provider; `undefined` for a bare one. */
export function decorationOf(kms: Kms): Decoration | undefined {
  return (kms as unknown as Record<symbol, Decoration | undefined>)[MARK]
}

/** Returns whether `kms` has layers in front already. Then use it as it is, and let its owner close it. */
export function isDecoratedKms(kms: Kms): boolean {
  return decorationOf(kms) !== undefined
}
