import type { NdjsonRecord, ValueMode } from './ndjson-record.ts'

/** Options of {@link parseRecordLine}. */
export interface ParseOptions {
  /** Number of the line, for errors. */
  readonly line: number
  readonly valueMode: ValueMode
  /** Used instead of the line's own `topic`, which may then be missing. Must be a legal topic name. */
  readonly topic?: string | undefined
}

/** Parses one line. @throws NdjsonError of scope `line`. */
export function parseRecordLine(bytes: Uint8Array, options: ParseOptions): NdjsonRecord {
  throw new Error('not built yet')
}
