/** Counts and hashes what is written, for the line that closes a pipe's stream. */
export interface EndRecordWriter {
  /** Takes output as it is written, line ends included, that holds this many records. Does not keep the bytes. */
  update(bytes: Uint8Array, records: number): void
  /** The end record, without a line end. Ends the hash: call it once. */
  line(): string
}

/** Starts the count and the hash of a stream that `--end-record` closes. */
export function createEndRecord(): EndRecordWriter {
  throw new Error('not built yet')
}
