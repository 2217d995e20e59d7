import type { InMemoryChange } from '../in-memory/in-memory-facade.ts'

/** A provider that is wrong in one way, and the clause that is meant to say so. */
export interface Mutant extends InMemoryChange {
  /** What it does wrong. */
  readonly name: string
  /** The clause that has to fail. */
  readonly clause: string
}
