import type { NdjsonRecord, ValueMode } from './ndjson-record.ts'

/** Options of {@link formatRecord}. */
export interface FormatOptions {
  readonly valueMode: ValueMode
  /** Number of the line that the record came from, for errors. */
  readonly line: number
}

/** Formats a record as one line, without a line end. @throws NdjsonError of scope `line`, with `json` only: a value that is not JSON. */
export function formatRecord(record: NdjsonRecord, options: FormatOptions): string {
  throw new Error('not built yet')
}
