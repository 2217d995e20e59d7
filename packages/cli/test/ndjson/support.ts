import { Buffer } from 'node:buffer'

import {
  NdjsonError,
  parseRecordLine,
  readLines,
  type NdjsonRecord,
  type ReadLinesOptions,
  type ValueMode,
} from '../../src/ndjson/index.ts'

/** Parses a line of text or bytes as line 7. */
export function parse(line: string | Uint8Array, valueMode: ValueMode = 'data', topic?: string): NdjsonRecord {
  return parseRecordLine(Buffer.from(line), { line: 7, valueMode, topic })
}

/** The NdjsonError that `run` throws; fails the test when it throws none. */
export function errorOf(run: () => unknown): NdjsonError {
  try {
    run()
  } catch (error) {
    if (error instanceof NdjsonError) return error
    throw error
  }
  throw new Error('expected an NdjsonError, got none')
}

/** A stream of these chunks. */
export async function* stream(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** What a stream gives: its lines as `number:text`, and how it failed. */
export async function linesOf(
  input: AsyncIterable<Uint8Array>,
  options: Partial<ReadLinesOptions> = {},
): Promise<{ lines: string[]; error?: NdjsonError }> {
  const lines: string[] = []
  try {
    for await (const { line, bytes } of readLines(input, { maxLineBytes: 1024, ...options })) {
      lines.push(`${line}:${Buffer.from(bytes).toString('utf8')}`)
    }
  } catch (error) {
    if (error instanceof NdjsonError) return { lines, error }
    throw error
  }
  return { lines }
}
