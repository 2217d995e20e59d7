/**
 * One policy: what a configuration file may say, what the API accepts, and what holds where neither says anything. The schemas are zod's, and are
 * kept out of the type so that the types of this package do not need zod's.
 *
 * @typeParam T - what the API accepts.
 * @typeParam F - what a file may say.
 */
export interface Policy<T, F = T> {
  readonly kind: 'policy'
  readonly file: object
  readonly api: object
  readonly fallback: F
  /** The values as documentation shows them, the default first. */
  readonly shown: string
  /** Carries the type; never there. */
  readonly '~accepts'?: T
}

/** Policies that stand together under one name. What a rule says wins over the default one by one. */
export interface PolicyGroup<M extends PolicyTable> {
  readonly kind: 'group'
  readonly members: M
  /** What must hold between the members, with the text for where it does not. */
  readonly check?: { readonly isMet: (given: Resolved<M>) => boolean; readonly error: string } | undefined
}

/** Policies by name. The comment above each entry is its documentation, in editors and on the pages. */
export interface PolicyTable {
  // The variance of a group's check does not matter to a table.
  readonly [name: string]: Policy<unknown, unknown> | { readonly kind: 'group'; readonly members: PolicyTable }
}

/** What the API accepts for the policies of a table. Comments of the entries stay with the members. */
export type PoliciesOf<M extends PolicyTable> = {
  readonly [K in keyof M]?: Accepted<M[K]> | undefined
}
type Accepted<P> = P extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
  ? PoliciesOf<G>
  : P extends Policy<infer T, unknown>
    ? T
    : never

/** What a configuration file may say for the policies of a table. */
export type FilePoliciesOf<M extends PolicyTable> = {
  readonly [K in keyof M]?: InFile<M[K]> | undefined
}
type InFile<P> = P extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
  ? FilePoliciesOf<G>
  : P extends { readonly fallback: infer F }
    ? F
    : never

/** The policies of a table with everything filled in. */
export type Resolved<M extends PolicyTable> = {
  readonly [K in keyof M]-?: M[K] extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
    ? Resolved<G>
    : Accepted<M[K]>
}
