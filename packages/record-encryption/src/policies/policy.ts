/**
 * One policy: the schema of a configuration file, the schema of the API, and the default. The schemas are zod's, and are
 * kept out of the type so that the types of this package do not need zod's.
 *
 * @typeParam T - the type that the API accepts.
 * @typeParam F - the type that a file may have.
 */
export interface Policy<T, F = T> {
  readonly kind: 'policy'
  readonly file: object
  readonly api: object
  readonly fallback: F
  /** The values as documentation shows them, the default first. */
  readonly shown: string
  /** Carries the type only; never present. */
  readonly '~accepts'?: T
}

/** Policies that stand together under one name. The members of a rule override the defaults one by one. */
export interface PolicyGroup<M extends PolicyTable> {
  readonly kind: 'group'
  readonly members: M
  /** A condition between the members, and the message if it fails. */
  readonly check?: { readonly isMet: (given: Resolved<M>) => boolean; readonly error: string } | undefined
}

/** Policies by name. The comment above each entry is its documentation, in editors and on the pages. */
export interface PolicyTable {
  // A table does not depend on the variance of a group's check.
  readonly [name: string]: Policy<unknown, unknown> | { readonly kind: 'group'; readonly members: PolicyTable }
}

/** The type that the API accepts for the policies of a table. Comments of the entries stay with the members. */
export type PoliciesOf<M extends PolicyTable> = {
  readonly [K in keyof M]?: Accepted<M[K]> | undefined
}
type Accepted<P> = P extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
  ? PoliciesOf<G>
  : P extends Policy<infer T, unknown>
    ? T
    : never

/** The type that a configuration file may have for the policies of a table. */
export type FilePoliciesOf<M extends PolicyTable> = {
  readonly [K in keyof M]?: InFile<M[K]> | undefined
}
type InFile<P> = P extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
  ? FilePoliciesOf<G>
  : P extends { readonly fallback: infer F }
    ? F
    : never

/** The policies of a table with all defaults filled in. */
export type Resolved<M extends PolicyTable> = {
  readonly [K in keyof M]-?: M[K] extends { readonly kind: 'group'; readonly members: infer G extends PolicyTable }
    ? Resolved<G>
    : Accepted<M[K]>
}
