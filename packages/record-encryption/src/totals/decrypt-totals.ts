import type { Kek } from '@keyfold/kms-api'

import type { RecordError, RecordErrorCode } from '../errors/record-error.ts'

/** The rejections of one code in one call. */
export interface RejectedTotal {
  readonly count: number
  /** The first of them. */
  readonly first: RecordError
}

/** The result of unwrapping EDEKs of one KEK in one call. */
export interface KekTotal {
  readonly kek: Kek
  /** The code of the last failure; absent if any EDEK of the KEK was unwrapped, or served from the cache. */
  readonly code: string | undefined
}

/** The totals of one call of `decrypt`. */
export interface DecryptTotals {
  readonly topic: string
  readonly decrypted: number
  /** Records that were permitted to be clear. */
  readonly clear: number
  /** Decrypted records without anything bound. */
  readonly unbound: number
  readonly rejected: ReadonlyMap<RecordErrorCode, RejectedTotal>
  /** KEKs that the rule names exactly. The writer of a record chooses any others. */
  readonly keks: readonly KekTotal[]
}
