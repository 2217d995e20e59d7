import type { Logger } from 'pino'

import { escapeText, isKmsError } from '@keyfold/kms-api'
import { isRecordError, type RecordError } from '@keyfold/record-encryption'

import { CliError } from '../errors/cli-error.ts'
import { describeFailure } from '../errors/describe-failure.ts'
import { LocatedError } from '../errors/located-error.ts'
import type { RunStats } from '../report/run-stats.ts'
import type { PendingRecord } from './pending-record.ts'
import type { RejectsFile } from './rejects-file.ts'

/** What happens to a record that is rejected. */
export type OnError = 'throw' | 'skip' | 'raw'

/** Counts, logs and keeps what is rejected. */
export interface Rejections {
  /** Counts one that ends the run. */
  thrown(error: LocatedError, source: Uint8Array | undefined): void
  /** Counts and logs one that is left out. */
  skip(error: LocatedError, source: Uint8Array | undefined): void
  /** Counts and logs one that is written as it came. */
  raw(error: LocatedError, source: Uint8Array | undefined): void
}

/** The policy of a run, and where it is. */
export interface RejectionPolicy {
  readonly onError: OnError
  readonly rejections: Rejections
  /** Says that from now on records come from this input. */
  enterInput(name: string): void
  /** Says which line an error is about. */
  locate(error: RecordError, record: PendingRecord): LocatedError
  /** Says which topic an error is about, and where its records begin that it stopped. */
  locateTopic(error: Error, first: PendingRecord): LocatedError
}

/** Options of {@link createRejectionPolicy}. */
export interface RejectionOptions {
  readonly onError: OnError
  readonly stats: RunStats
  readonly logger: Logger
  /** More rejected records than this end the run. */
  readonly maxRejects?: number | undefined
  /** Receives every rejected record. */
  readonly rejects?: RejectsFile | undefined
}

/** Creates the one place where rejected records are counted. */
export function createRejectionPolicy(options: RejectionOptions): RejectionPolicy {
  let input = ''
  return {
    onError: options.onError,
    rejections: createRejections(options),
    enterInput: (name) => {
      input = name
    },
    locate: (error, record) => new LocatedError(error, input, record.line),
    locateTopic: (error, { topic, line }) => new LocatedError(error, `${input}: from line ${line} on: topic ${topic}`),
  }
}

function createRejections({ stats, logger, maxRejects = Infinity, rejects }: RejectionOptions): Rejections {
  const keep = (error: LocatedError, source: Uint8Array | undefined): ReturnType<typeof describeFailure> => {
    const failure = describeFailure(error)
    stats.rejected += 1
    rejects?.add(failure, source)
    return failure
  }
  const goOn = (
    error: LocatedError,
    source: Uint8Array | undefined,
    outcome: 'skipped' | 'raw',
    what: string,
  ): void => {
    const { code, message } = keep(error, source)
    stats[outcome] += 1
    logger.warn({ code, line: error.line }, `${what}: ${message}`)
    if (stats.rejected > maxRejects)
      throw new CliError(
        'CLI_REJECTS',
        `more than ${maxRejects} records were rejected (--max-rejects); the last: ${message}`,
      )
  }
  return {
    thrown: (error, source) => {
      keep(error, source)
    },
    skip: (error, source) => {
      goOn(error, source, 'skipped', 'skipped')
    },
    raw: (error, source) => {
      goOn(error, source, 'raw', 'written as it came')
    },
  }
}

/**
 * Returns the error with which a topic's records end the run, and says where: a verdict is about one line. An error of the KMS is about the KEK of the
 * topic and no verdict on any record, so that no policy skips it. Other errors pass as they are.
 */
export function endWith(error: unknown, records: readonly PendingRecord[], policy: RejectionPolicy): unknown {
  const [first] = records
  if (isRecordError(error)) {
    const record = records[Math.max(0, error.index)]
    if (record === undefined) return error
    const located = policy.locate(error, record)
    policy.rejections.thrown(located, record.source)
    return located
  }
  if (first === undefined) return error
  if (isKmsError(error)) return policy.locateTopic(error, first)
  // What a provider throws is none: see fromProvider. This is the library's own, about what stands in the records.
  return error instanceof TypeError
    ? policy.locateTopic(new CliError('CLI_INPUT', escapeText(error.message)), first)
    : error
}
