import { printable } from '@keyfold/kms-api'

import { codeOf } from './code-of.ts'
import { isRecordError } from './record-error.ts'

/** The failure to prewarm one topic. */
export interface PrewarmFailure extends Error {
  readonly topic: string
}

/** Creates the error of one topic. `cause` may be anything that was thrown; only its code is printed. */
export function prewarmFailure(topic: string, kekSelector: string | undefined, cause: unknown): PrewarmFailure {
  const kek = kekSelector === undefined ? '' : ` (KEK ${printable(kekSelector)})`
  const code = isRecordError(cause) ? cause.code : cause instanceof TypeError ? 'TypeError' : codeOf(cause)
  return Object.assign(new Error(`topic ${printable(topic)}${kek} could not be prewarmed: ${code}`, { cause }), {
    topic,
  })
}

/** Creates the error of a call: the number of topics that failed, and the first failure. */
export function prewarmError(failures: readonly PrewarmFailure[], topics: number): AggregateError {
  return new AggregateError(
    failures,
    `${failures.length} of ${topics} topics could not be prewarmed; the first: ${failures[0]?.message ?? ''}`,
  )
}
