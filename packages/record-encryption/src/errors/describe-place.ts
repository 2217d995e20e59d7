import { printable } from '@keyfold/kms-api'

import { TOPIC } from '../wire/topic.ts'

/** The place of the record that a `RecordError` is about. */
export interface RecordErrorDetails {
  readonly topic: string
  /** Position in the array that was passed in; -1 when the error is about the topic. */
  readonly index: number
  readonly partition?: number | undefined
  readonly offset?: number | bigint | string | undefined
  readonly cause?: Error | undefined
}

const OFFSET = /^[0-9]{1,19}$/

/**
 * Describes where a record is, as far as that is known: `payments/0@17`, without an offset `payments/0[3]` with its index in the call, `payments` where the
 * error is about the topic. Text that is no name or number is quoted, escaped and cut.
 */
export function describePlace({ topic, index, partition, offset }: RecordErrorDetails): string {
  const name = TOPIC.test(topic) ? topic : printable(topic)
  const part = partition === undefined ? '' : `/${numeral(partition)}`
  if (offset !== undefined) return `${name}${part}@${numeral(offset)}`
  return index < 0 ? name + part : `${name}${part}[${index}]`
}

function numeral(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value).slice(0, 24)
  return typeof value === 'string' && OFFSET.test(value) ? value : printable(String(value))
}
