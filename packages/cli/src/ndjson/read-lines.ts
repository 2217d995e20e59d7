import { LineSplitter, type Line, type ReadLinesOptions } from './line-splitter.ts'

export type { Line, ReadLinesOptions } from './line-splitter.ts'

/**
 * Splits a stream into its lines, in constant memory: LF or CRLF, blank lines left out but counted, a byte order mark at the
 * start only, the last line with or without a line end. An end record is verified and left out.
 *
 * @throws NdjsonError of scope `stream`, after all lines before it: for a line over the limit, for an end record that is wrong,
 * missing although required, or not the last line.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  options: ReadLinesOptions,
): AsyncGenerator<Line, void, undefined> {
  for await (const lines of readLineBatches(stream, options)) {
    // yield* would make an iterator of promises out of the array.
    for (const line of lines) yield line
  }
}

/** {@link readLines}, but all lines that end in one chunk at once: saves a promise a line. */
export async function* readLineBatches(
  stream: AsyncIterable<Uint8Array>,
  options: ReadLinesOptions,
): AsyncGenerator<Line[], void, undefined> {
  if (!Number.isSafeInteger(options.maxLineBytes) || options.maxLineBytes < 1) {
    throw new TypeError(`"maxLineBytes" expected a positive integer, got ${options.maxLineBytes}`)
  }
  const splitter = new LineSplitter(options)
  for await (const chunk of stream) {
    const { lines, failure } = splitter.push(chunk)
    if (lines.length > 0) yield lines
    if (failure !== undefined) throw failure
  }
  const { lines, failure } = splitter.end()
  if (lines.length > 0) yield lines
  if (failure !== undefined) throw failure
}
