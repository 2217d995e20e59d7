import type { NdjsonRecord } from '../ndjson/index.ts'

/** A record on its way: record encryption passes what it does not know through, so that a result knows where it came from. */
export interface PendingRecord extends NdjsonRecord {
  /** Position in its batch. */
  readonly position: number
  /** Number of the line, from 1. */
  readonly line: number
  /** The line as it was read, for `--rejects`: a view of the input's chunk. */
  readonly source?: Uint8Array | undefined
}
