import { LocatedError } from '../errors/located-error.ts'
import { noOutput, type Output } from '../io/output.ts'
import { formatRecord, NdjsonError, type EndRecordWriter, type ValueMode } from '../ndjson/index.ts'
import type { RunStats } from '../report/run-stats.ts'
import { convertBatch, type ConvertTopic } from './convert-batch.ts'
import type { PendingRecord } from './pending-record.ts'
import type { RejectsFile } from './rejects-file.ts'

/** What {@link copyRecords} needs. */
export interface CopyOptions {
  readonly convert: ConvertTopic
  /** What became of a record, to count it. */
  readonly outcomeOf: (
    result: PendingRecord,
    original: PendingRecord,
  ) => 'encrypted' | 'decrypted' | 'clear' | 'undecrypted' | undefined
  readonly valueMode: ValueMode
  readonly output: Output
  /** Counts and hashes what is written. */
  readonly endRecord: EndRecordWriter | undefined
  readonly stats: RunStats
  /** Name of the input, for messages. */
  readonly input: string
  /** Decides about a record that no line can hold: throws, or returns to leave it out. */
  readonly onBadRecord: (error: LocatedError, source: Uint8Array | undefined) => void
  /** Written after each batch, before its records are. */
  readonly rejects: RejectsFile | undefined
  /** Called after each batch. */
  readonly onBatch: () => void
}

/** Converts and writes batches in order, one at a time: the next is read when the output has taken the last. */
export async function copyRecords(
  batches: AsyncIterable<readonly PendingRecord[]>,
  options: CopyOptions,
): Promise<void> {
  const { output, endRecord, stats } = options
  for await (const batch of batches) {
    const lines = formatBatch(batch, await convertBatch(batch, options.convert), options)
    await options.rejects?.flush()
    if (lines.length > 0) {
      const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`)
      endRecord?.update(bytes, lines.length)
      await writeCounted(output, bytes, stats)
    }
    options.onBatch()
  }
}

/** Writes and counts bytes; a dry run writes none. */
export async function writeCounted(output: Output, bytes: Uint8Array, stats: RunStats): Promise<void> {
  await output.write(bytes)
  if (output !== noOutput) stats.bytesOut += bytes.length
}

function formatBatch(
  batch: readonly PendingRecord[],
  results: readonly PendingRecord[],
  options: CopyOptions,
): string[] {
  const { valueMode, stats, input } = options
  const lines: string[] = []
  for (const result of results) {
    try {
      lines.push(formatRecord(result, { valueMode, line: result.line }))
    } catch (error) {
      if (!(error instanceof NdjsonError)) throw error
      options.onBadRecord(new LocatedError(error, input, result.line), result.source)
      continue
    }
    const original = batch[result.position]
    const outcome = original && options.outcomeOf(result, original)
    if (outcome !== undefined && outcome !== 'undecrypted') stats[outcome] += 1
  }
  return lines
}
