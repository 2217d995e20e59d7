import { LocatedError } from '../errors/located-error.ts'
import type { PendingRecord } from './pending-record.ts'

/** Converts records of one topic; leaves rejected ones out, or throws. Results know their `position`. */
export type ConvertTopic = (topic: string, records: readonly PendingRecord[]) => Promise<readonly PendingRecord[]>

/** Topics of one batch that are worked on at a time: each may wait for the KMS. */
const MAX_TOPICS = 16

/**
 * Converts a batch topic by topic and gives the results in the order of the input.
 *
 * @throws the error that is about the first record in the input, of those that are about a record; else any.
 */
export async function convertBatch(batch: readonly PendingRecord[], convert: ConvertTopic): Promise<PendingRecord[]> {
  const groups = [...Map.groupBy(batch, ({ topic }) => topic)]
  const results: (PendingRecord | undefined)[] = batch.map(() => undefined)
  for (let first = 0; first < groups.length; first += MAX_TOPICS) {
    const slice = groups.slice(first, first + MAX_TOPICS)
    const outcomes = await Promise.allSettled(slice.map(([topic, records]) => convert(topic, records)))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    if (failures.length > 0) throw firstOf(failures)
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') for (const record of outcome.value) results[record.position] = record
    }
  }
  return results.filter((record) => record !== undefined)
}

function firstOf(failures: readonly unknown[]): unknown {
  const lineOf = (failure: unknown): number => (failure instanceof LocatedError ? (failure.line ?? Infinity) : Infinity)
  return failures.reduce((first, failure) => (lineOf(failure) < lineOf(first) ? failure : first))
}
