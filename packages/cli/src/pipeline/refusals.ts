import type { Logger } from 'pino'

import { escapeText } from '@keyfold/config/tooling'
import { isKmsError } from '@keyfold/kms-api'
import { isRecordError, type RecordError } from '@keyfold/record-encryption'

import { CliError } from '../errors/cli-error.ts'
import { describeFailure } from '../errors/describe-failure.ts'
import { LocatedError } from '../errors/located-error.ts'
import type { RunStats } from '../report/run-stats.ts'
import type { PendingRecord } from './pending-record.ts'

/** What becomes of a record that is refused. */
export type OnError = 'throw' | 'skip' | 'raw'

/** Counts and logs what is refused. */
export interface Rejections {
  /** Counts one that ends the run. */
  thrown(): void
  /** Counts and logs one that is left out. */
  skip(error: LocatedError): void
  /** Counts and logs one that is written as it came. */
  raw(error: LocatedError): void
}

/** The policy of a run, and where it is. */
export interface RejectionPolicy {
  readonly onError: OnError
  readonly refusals: Rejections
  /** Says that from now on records come from this input. */
  enterInput(name: string): void
  /** Says which line an error is about. */
  locate(error: RecordError, record: PendingRecord): LocatedError
  /** Says which topic an error is about, and where its records begin that it stopped. */
  locateTopic(error: Error, first: PendingRecord): LocatedError
}

/** Makes the one place where refused records are counted. */
export function createRejectionPolicy(onError: OnError, stats: RunStats, logger: Logger): RejectionPolicy {
  let input = ''
  return {
    onError,
    refusals: createRejections(stats, logger),
    enterInput: (name) => {
      input = name
    },
    locate: (error, record) => new LocatedError(error, input, record.line),
    locateTopic: (error, { topic, line }) => new LocatedError(error, `${input}: from line ${line} on: topic ${topic}`),
  }
}

function createRejections(stats: RunStats, logger: Logger): Rejections {
  const tell = (error: LocatedError, what: string): void => {
    const { code, message } = describeFailure(error)
    stats.refused += 1
    logger.warn({ code, line: error.line }, `${what}: ${message}`)
  }
  return {
    thrown: () => {
      stats.refused += 1
    },
    skip: (error) => {
      stats.skipped += 1
      tell(error, 'skipped')
    },
    raw: (error) => {
      stats.raw += 1
      tell(error, 'written as it came')
    },
  }
}

/**
 * Ends the run with what a topic's records failed with, and says where: a verdict is about one line. What the KMS fails with is about the KEK of the
 * topic and no verdict on any record, so that no policy skips it. Other errors pass as they are.
 */
export function endWith(error: unknown, records: readonly PendingRecord[], policy: RejectionPolicy): unknown {
  const [first] = records
  if (isRecordError(error)) {
    policy.refusals.thrown()
    const record = records[Math.max(0, error.index)]
    return record === undefined ? error : policy.locate(error, record)
  }
  if (first === undefined) return error
  if (isKmsError(error)) return policy.locateTopic(error, first)
  // What a provider throws is none: see fromProvider. This is the library's own, about what stands in the records.
  return error instanceof TypeError
    ? policy.locateTopic(new CliError('CLI_INPUT', escapeText(error.message)), first)
    : error
}
