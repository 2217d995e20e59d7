import type { Capability } from '../facade/capability.ts'
import type { ClauseContext } from './clause-context.ts'

/** One numbered promise of the contract. Ids are never given to another promise. */
export type Clause = BareClause | CapabilityClause

export interface BareClause {
  /** For example `C01`. */
  readonly id: string
  /** The promise, and the harm to a user without it. */
  readonly title: string
  /** Its maximum duration with a slow KMS. Default 60 s. */
  readonly timeoutMs?: number | undefined
  readonly needs?: undefined
  readonly cannot?: undefined
  /** Checks the promise. @throws ClauseError when it is broken. */
  run(context: ClauseContext): Promise<void>
}

export interface CapabilityClause extends Omit<BareClause, 'needs' | 'cannot'> {
  /** The capabilities that {@link BareClause.run} needs; the first one that the manifest lacks decides. */
  readonly needs: readonly Capability[]
  /** Checks the consequences of a declared inability. @throws ClauseError when the provider or the KMS behaves otherwise. */
  cannot(context: ClauseContext, lacking: Capability): Promise<void>
}
