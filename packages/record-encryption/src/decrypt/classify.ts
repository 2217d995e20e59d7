import type { RecordError } from '../errors/record-error.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { RecordHeader } from '../types.ts'
import { checkMarker, findMarker } from '../wire/marker.ts'
import type { EdekTable, LocatedRecord } from './edek-table.ts'

/** What a record is before any key is seen: encrypted, clear and allowed to be, or refused. */
export type Classified = LocatedRecord | 'clear' | RecordError

/** Decides what a record is. Asks nobody. */
export function classify(
  plan: TopicPlan,
  record: RecordSnapshot,
  index: number,
  edeks: EdekTable,
  verdicts: RecordRejections,
): Classified {
  const { headers } = record
  const markerIndex = findMarker(headers)
  if (markerIndex < 0) return classifyUnmarked(plan, record, index, verdicts)
  const { rule } = plan
  if (plan.plaintext === 'allow' && rule.onMarked === 'reject') {
    return verdicts.refuse(
      index,
      'RECORD_MARKED',
      'the record is marked as encrypted on a topic whose rule says "plaintext: allow"',
    )
  }
  if (rule.nested === 'reject' && findMarker(headers, markerIndex + 1) >= 0) {
    return verdicts.refuse(
      index,
      'RECORD_NESTED',
      'the record carries more than one marker; opening it layer by layer expected "nested: allow"',
    )
  }
  if (record.value === null)
    return verdicts.refuse(index, 'RECORD_MALFORMED', 'the record is marked as encrypted and has no value')
  try {
    checkMarker(headers[markerIndex] as RecordHeader)
    return edeks.locate(record.value, markerIndex)
  } catch (error) {
    return verdicts.refuseBytes(index, error)
  }
}

function classifyUnmarked(
  { rule, plaintext }: TopicPlan,
  record: RecordSnapshot,
  index: number,
  verdicts: RecordRejections,
): 'clear' | RecordError {
  if (record.value === null) {
    return rule.tombstones === 'pass'
      ? 'clear'
      : verdicts.refuse(index, 'RECORD_TOMBSTONE', 'the record expected a value: the rule rejects tombstones')
  }
  if (plaintext === 'allow' || rule.onPlaintext === 'allow') return 'clear'
  if (rule.onPlaintext !== 'reject' && isBefore(record, rule.onPlaintext)) return 'clear'
  return verdicts.refuse(
    index,
    'RECORD_PLAINTEXT',
    'the record expected to be encrypted: it has no marker, and the rule does not allow plaintext',
  )
}

/** Whether the fetch says that the record is older than the first encrypted one. What is not said, or is no offset, is not before. */
function isBefore({ partition, offset }: RecordSnapshot, allowBefore: ReadonlyMap<number, bigint>): boolean {
  const limit = partition === undefined ? undefined : allowBefore.get(partition)
  if (limit === undefined) return false
  const at = offsetOf(offset)
  return at !== undefined && at < limit
}

function offsetOf(offset: unknown): bigint | undefined {
  if (typeof offset === 'bigint') return offset >= 0n ? offset : undefined
  if (typeof offset === 'number') return Number.isSafeInteger(offset) && offset >= 0 ? BigInt(offset) : undefined
  return typeof offset === 'string' && /^[0-9]{1,19}$/.test(offset) ? BigInt(offset) : undefined
}
