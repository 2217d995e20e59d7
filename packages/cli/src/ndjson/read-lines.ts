/** One line of the input, without its line end. */
export interface Line {
  /** From 1; blank lines count. */
  readonly line: number
  /** A view of the stream's chunk or of a copy of its own; never used again by the reader. */
  readonly bytes: Uint8Array
}

/** Options of {@link readLines}. */
export interface ReadLinesOptions {
  /** Longest line that is accepted, line end not counted. */
  readonly maxLineBytes: number
  /** Whether input without an end record is refused as cut off. Default false. */
  readonly requireEndRecord?: boolean | undefined
  /** Called when an end record was read and is right. */
  readonly onEndRecord?: ((end: { readonly records: number }) => void) | undefined
}

/**
 * Splits a stream into its lines, in constant memory; an end record is verified and left out.
 *
 * @throws NdjsonError of scope `stream` for a line over the limit, an end record that is wrong, missing or not the last line.
 */
export function readLines(stream: AsyncIterable<Uint8Array>, options: ReadLinesOptions): AsyncGenerator<Line, void, undefined> {
  throw new Error('not built yet')
}

/** {@link readLines}, but all lines that end in one chunk at once: saves a promise a line. */
export function readLineBatches(stream: AsyncIterable<Uint8Array>, options: ReadLinesOptions): AsyncGenerator<Line[], void, undefined> {
  throw new Error('not built yet')
}
