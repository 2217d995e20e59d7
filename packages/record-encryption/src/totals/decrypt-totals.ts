import type { Kek } from '@keyfold/kms-api'

import type { RecordError, RecordErrorCode } from '../errors/record-error.ts'

/** The rejections of one code in one call. */
export interface RejectedTotal {
  readonly count: number
  /** The first of them. */
  readonly first: RecordError
}

/** How unwrapping EDEKs of one KEK went in one call. */
export interface KekTotal {
  readonly kek: Kek
  /** The code of the last failure; absent if any EDEK of the KEK was unwrapped, or served from the cache. */
  readonly code: string | undefined
}

/** What one call of `decrypt` did. */
export interface DecryptTotals {
  readonly topic: string
  readonly decrypted: number
  /** Records that were not encrypted, and allowed to be. */
  readonly clear: number
  /** Decrypted records that nothing was bound to. */
  readonly unbound: number
  readonly rejected: ReadonlyMap<RecordErrorCode, RejectedTotal>
  /** KEKs that the rule names exactly. Which others a record names is up to whoever wrote it. */
  readonly keks: readonly KekTotal[]
}
