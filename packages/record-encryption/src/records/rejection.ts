import type { BindingMismatch } from '../errors/binding-mismatch.ts'
import type { RecordErrorCode } from '../errors/record-error.ts'
import { MAX_RECORD_HEADERS } from '../wire/record-limits.ts'
import { WireError } from '../wire/wire-error.ts'

/** The reason that a record is rejected. Becomes an error only on demand: many skipped records must not cost an error each. */
export interface Rejection {
  readonly code: RecordErrorCode
  readonly message: string
  readonly cause?: Error | undefined
  /** The mismatch, if `code` is `RECORD_BINDING`. */
  readonly mismatch?: BindingMismatch | undefined
}

/** A record that has the marker and no value. */
export const MARKED_TOMBSTONE: Rejection = {
  code: 'RECORD_MALFORMED',
  message: 'the record is marked as encrypted and has no value',
}

const WIRE_CODES = {
  malformed: 'RECORD_MALFORMED',
  unsupported: 'RECORD_UNSUPPORTED',
  'too-large': 'RECORD_TOO_LARGE',
} as const

/** Returns the rejection for bytes that violate the format. Any other error is a fault of Keyfold and is rethrown. */
export function wireRejection(error: unknown): Rejection {
  if (!(error instanceof WireError)) throw error
  return { code: WIRE_CODES[error.kind], message: error.message }
}

/** A record that was rejected, among results. */
export class Rejected {
  readonly rejection: Rejection

  constructor(rejection: Rejection) {
    this.rejection = rejection
  }
}

/** The rejection of a tombstone whose rule permits none, both ways. */
export const TOMBSTONE: Rejection = {
  code: 'RECORD_TOMBSTONE',
  message: 'the record is a tombstone, and the rule for this topic rejects tombstones',
}

/** The rejection of a record with too many headers, both ways. */
export const TOO_MANY_HEADERS: Rejection = {
  code: 'RECORD_TOO_LARGE',
  message: `the record has more than ${MAX_RECORD_HEADERS} headers`,
}
