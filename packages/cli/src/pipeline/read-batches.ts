import { LocatedError } from '../errors/located-error.ts'
import type { Input } from '../io/input.ts'
import { NdjsonError, parseRecordLine, readLineBatches, type ValueMode } from '../ndjson/index.ts'
import type { RunStats } from '../report/run-stats.ts'
import type { PendingRecord } from './pending-record.ts'
import { withPauses } from './with-pauses.ts'

const MAX_RECORDS = 500
const MAX_BYTES = 1024 * 1024
/** How long records wait for others while the input is silent, as a pipe from a running consumer may be. */
const MAX_MILLISECONDS = 100

/** Options of {@link readBatches}. */
export interface ReadOptions<B> {
  readonly valueMode: ValueMode
  /** Used instead of the records' own topics. */
  readonly topic?: string | undefined
  readonly maxLineBytes: number
  readonly requireEndRecord: boolean
  readonly stats: RunStats
  /** Accepts records without a topic, which then have an empty one. */
  readonly withoutTopic?: boolean | undefined
  /** Decides about a line that is no record: throws, returns what takes its place in the batch, or `undefined` to leave it out. */
  readonly onBadLine: (error: LocatedError, source: Uint8Array) => B | undefined
}

/**
 * Reads records in batches of at most 500, closed by the first record that makes one 1 MiB, or by a pause of the input. Holds one batch, whatever the input's size.
 *
 * @throws LocatedError of an `NdjsonError` for input of which nothing more can be read.
 */
export async function* readBatches<B>(
  input: Input,
  options: ReadOptions<B>,
): AsyncGenerator<(PendingRecord | B)[], void, undefined> {
  let batch: (PendingRecord | B)[] = []
  let bytes = 0
  for await (const lines of withPauses(readLocated(input, options), MAX_MILLISECONDS)) {
    if (lines === undefined) {
      if (batch.length > 0) yield batch
      batch = []
      bytes = 0
      continue
    }
    for (const line of lines) {
      const record = parse(line.bytes, line.line, batch.length, input, options)
      if (record === undefined) continue
      batch.push(record)
      bytes += line.bytes.length
      if (batch.length < MAX_RECORDS && bytes < MAX_BYTES) continue
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}

async function* readLocated(input: Input, options: ReadOptions<unknown>): ReturnType<typeof readLineBatches> {
  const { maxLineBytes, requireEndRecord } = options
  try {
    yield* readLineBatches(counted(input, options.stats), { maxLineBytes, requireEndRecord })
  } catch (error) {
    throw located(error, input, 0)
  }
}

async function* counted(input: Input, stats: RunStats): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of input.chunks()) {
    stats.bytesIn += chunk.length
    yield chunk
  }
}

function parse<B>(
  bytes: Uint8Array,
  line: number,
  position: number,
  input: Input,
  options: ReadOptions<B>,
): PendingRecord | B | undefined {
  const { valueMode, topic, stats, withoutTopic } = options
  stats.records += 1
  try {
    return Object.assign(parseRecordLine(bytes, { line, valueMode, topic: topic, withoutTopic }), {
      position,
      line,
      source: bytes,
    })
  } catch (error) {
    return options.onBadLine(located(error, input, line), bytes)
  }
}

/** What is not about the input's text (a file that cannot be read says its own name) passes as it is. */
function located(error: unknown, input: Input, line: number): LocatedError {
  if (error instanceof NdjsonError) return new LocatedError(error, input.name, line)
  throw error
}
