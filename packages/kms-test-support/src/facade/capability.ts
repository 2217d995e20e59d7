/** What a KMS may be unable to do. The list is closed: everything else in the contract is for every provider. */
export type Capability =
  /** Binds an encryption context to an EDEK. */
  | 'encryption-context'
  /** Tells contexts apart that read the same when names and values are put in a row, such as `{ ab: 'c' }` and `{ a: 'bc' }`. */
  | 'unambiguous-context'
  /** Rotates a KEK. */
  | 'rotation'
  /** Keeps the id of a KEK when it is rotated. */
  | 'stable-id'
  /** Says which version of a KEK is the newest, so that a rotation shows in `Kek.version`. */
  | 'version'
  /** Disables a KEK and enforces it. */
  | 'disable'
  /** Rejects every use of a KEK that is deleted, or to be deleted. */
  | 'delete'
  /** Destroys a KEK at once, and does not only plan to. */
  | 'delete-at-once'
  /** Denies a principal. */
  | 'deny'
  /** Rejects credentials that are wrong. */
  | 'reject'
  /** Can fail to be reached. */
  | 'outage'
  /** Can fail to answer, so that a caller waits. */
  | 'silence'
  /** Lets its administrator unwrap an EDEK without the provider. */
  | 'reveal'

const EACH: Readonly<Record<Capability, true>> = {
  'encryption-context': true,
  'unambiguous-context': true,
  rotation: true,
  'stable-id': true,
  version: true,
  disable: true,
  delete: true,
  'delete-at-once': true,
  deny: true,
  reject: true,
  outage: true,
  silence: true,
  reveal: true,
}

/** Every capability. */
export const CAPABILITIES = Object.keys(EACH) as readonly Capability[]

/** Inabilities that nothing contradicts: the suite can only see that the facade does not pretend otherwise. */
export const BELIEVED: readonly Capability[] = ['deny', 'reject', 'outage', 'silence', 'reveal']
