import type { RecordEncryption } from '@keyfold/record-encryption'

import { CliError } from '../errors/cli-error.ts'
import type { LocatedError } from '../errors/located-error.ts'
import type { Input } from '../io/input.ts'
import type { Output } from '../io/output.ts'
import { createEndRecord, type ValueMode } from '../ndjson/index.ts'
import type { RunStats } from '../report/run-stats.ts'
import { copyRecords, writeCounted } from './copy-records.ts'
import { decryptTopic, openedOutcome } from './decrypt-topic.ts'
import { encryptTopic, sealedOutcome } from './encrypt-topic.ts'
import type { PendingRecord } from './pending-record.ts'
import { readBatches } from './read-batches.ts'
import type { RejectionPolicy } from './rejections.ts'
import type { RejectsFile } from './rejects-file.ts'

/** What {@link convertInputs} needs. */
export interface ConvertOptions {
  readonly command: 'encrypt' | 'decrypt'
  readonly encryption: RecordEncryption
  readonly policy: RejectionPolicy
  readonly rejects: RejectsFile | undefined
  readonly topic: string | undefined
  readonly maxLineBytes: number
  readonly requireEndRecord: boolean
  readonly endRecord: boolean
  /** The form of the plain value. */
  readonly valueMode: ValueMode
  readonly stats: RunStats
  readonly signal: AbortSignal | undefined
  readonly onBatch: () => void
}

/**
 * Encrypts or decrypts the records of all inputs, one input after the other, and finishes the output.
 *
 * @throws whatever a record, the KMS, an input or the output fails with; the output is not finished then.
 */
export async function convertInputs(inputs: readonly Input[], output: Output, options: ConvertOptions): Promise<void> {
  const { signal } = options
  const abort = (): void => {
    for (const input of inputs) input.close()
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const endRecord = options.endRecord ? createEndRecord() : undefined
    for (const input of inputs) {
      if (signal?.aborted === true) throw aborted()
      options.policy.enterInput(input.name)
      await copyRecords(openBatches(input, options), {
        ...direction(options),
        output,
        endRecord,
        stats: options.stats,
        input: input.name,
        onBadRecord: rejectLine(options.policy),
        rejects: options.rejects,
        onBatch: options.onBatch,
      })
    }
    if (endRecord !== undefined)
      await writeCounted(output, new TextEncoder().encode(`${endRecord.line()}\n`), options.stats)
    await output.finish()
  } catch (error) {
    throw signal?.aborted === true ? aborted() : error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function openBatches(input: Input, options: ConvertOptions): AsyncGenerator<PendingRecord[], void, undefined> {
  const { topic, maxLineBytes, requireEndRecord, stats, policy } = options
  // Encrypted values are data whatever the plain ones are: JSON text only ever stands on the plain side.
  const valueMode = options.command === 'encrypt' ? options.valueMode : 'data'
  return readBatches<never>(input, {
    valueMode,
    topic,
    maxLineBytes,
    requireEndRecord,
    stats,
    onBadLine: rejectLine(policy),
  })
}

function direction({ command, encryption, policy, signal, valueMode }: ConvertOptions) {
  return command === 'encrypt'
    ? { convert: encryptTopic({ encryption, policy, signal }), outcomeOf: sealedOutcome, valueMode: 'data' as const }
    : { convert: decryptTopic({ encryption, policy, signal }), outcomeOf: openedOutcome, valueMode }
}

/** A line that is no record cannot be written as it came: only `skip` goes on behind it. */
function rejectLine({
  onError,
  rejections,
}: RejectionPolicy): (error: LocatedError, source: Uint8Array | undefined) => undefined {
  return (error, source) => {
    if (onError === 'skip') {
      rejections.skip(error, source)
      return undefined
    }
    rejections.thrown(error, source)
    throw error
  }
}

function aborted(): CliError {
  return new CliError('CLI_ABORTED', 'interrupted')
}
