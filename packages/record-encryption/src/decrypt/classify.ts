import { hasTooManyHeaders, type RecordBatch } from '../records/record-batch.ts'
import { MARKED_TOMBSTONE, TOMBSTONE, TOO_MANY_HEADERS, wireRejection, type Rejection } from '../records/rejection.ts'
import { REJECTION_COST, SlicedLoop } from '../records/slice.ts'
import type { RecordSnapshot } from '../records/snapshot-record.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { RecordHeader } from '../types.ts'
import { checkMarker, findMarker } from '../wire/marker.ts'
import { MAX_RECORD_HEADERS } from '../wire/record-limits.ts'
import type { EdekTable, LocatedRecord } from './edek-table.ts'

/** The class of a record before any key is used: encrypted, permitted to be clear, or rejected. */
export type Classified = LocatedRecord | 'clear' | Rejection

const MARKED: Rejection = {
  code: 'RECORD_MARKED',
  message: 'the record is encrypted, and the rule for this topic says "plaintext: allow"',
}
const NESTED: Rejection = {
  code: 'RECORD_NESTED',
  message: 'the record is encrypted more than once; set "nested: allow" to decrypt it layer by layer',
}
const PLAINTEXT: Rejection = {
  code: 'RECORD_PLAINTEXT',
  message: 'the record is not encrypted, and the rule for this topic does not allow plaintext',
}

/** Returns whether a record must be decrypted, rather than being clear or rejected. */
export function isLocated(classified: Classified): classified is LocatedRecord {
  return typeof classified === 'object' && 'entry' in classified
}

/** Classifies the records of a call, a slice at a time. Calls no KMS. */
export class Classification {
  readonly classified: Classified[] = []
  readonly #loop: SlicedLoop

  constructor(plan: TopicPlan, batch: RecordBatch, edeks: EdekTable) {
    this.#loop = new SlicedLoop(batch.records.length, (i) => {
      const before = edeks.work
      const classified = classify(plan, batch, i, edeks)
      this.classified.push(classified)
      const rejected = typeof classified === 'object' && !isLocated(classified)
      return edeks.work - before + batch.headerCost(i) + (rejected ? REJECTION_COST : 0)
    })
  }

  /** Classifies the next records. Synchronous. Returns whether it was the last slice. */
  classifySlice(): boolean {
    return this.#loop.runSlice()
  }
}

function classify(plan: TopicPlan, batch: RecordBatch, index: number, edeks: EdekTable): Classified {
  const record = batch.records[index] as RecordSnapshot
  const { headers } = record
  if (hasTooManyHeaders(headers)) return TOO_MANY_HEADERS
  const markerIndex = findMarker(headers)
  if (markerIndex < 0) return classifyUnmarked(plan, record)
  const { rule } = plan
  if (plan.plaintext === 'allow' && rule.onMarked === 'reject') return MARKED
  if (rule.nested === 'reject' && findMarker(headers, markerIndex + 1) >= 0) return NESTED
  if (record.value === null) return MARKED_TOMBSTONE
  batch.checkUnchanged(index)
  try {
    checkMarker(headers[markerIndex] as RecordHeader)
    return edeks.locate(record.value, markerIndex, batch.roomFor(index, headers, markerIndex))
  } catch (error) {
    return wireRejection(error)
  }
}

function classifyUnmarked({ rule, plaintext }: TopicPlan, record: RecordSnapshot): 'clear' | Rejection {
  if (record.headers.length > MAX_RECORD_HEADERS) return TOO_MANY_HEADERS
  if (record.value === null) return rule.tombstones === 'pass' ? 'clear' : TOMBSTONE
  if (plaintext === 'allow' || rule.onPlaintext === 'allow') return 'clear'
  return rule.onPlaintext !== 'reject' && isBefore(record, rule.onPlaintext) ? 'clear' : PLAINTEXT
}

/** Returns whether the record is older than the first encrypted one, by its offset. A record without a valid offset is not. */
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
