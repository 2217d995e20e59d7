import type { Limits, Need } from '../dek/limits.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import { RecordRejections } from '../records/record-rejections.ts'
import { TOMBSTONE, TOO_MANY_HEADERS, type Rejection } from '../records/rejection.ts'
import { SlicedLoop } from '../records/slice.ts'
import type { RecordSnapshot } from '../records/snapshot-record.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { RecordHeader } from '../types.ts'
import { findMarker } from '../wire/marker.ts'
import { parcelLength } from '../wire/parcel.ts'
import { blockBytes, MAX_RECORD_HEADERS } from '../wire/record-limits.ts'

const NONE: readonly RecordHeader[] = []
const NESTED: Rejection = {
  code: 'RECORD_NESTED',
  message: 'the record is encrypted already; set "nested: allow" to encrypt it again',
}
const TOMBSTONE_HEADERS: Rejection = {
  code: 'RECORD_TOMBSTONE',
  message: 'the record is a tombstone with headers, which would leave in clear, and the rule has "encryptHeaders"',
}

/** Checks the records to encrypt and computes the length of each parcel, before any request to the KMS. */
export class EncryptionPlan {
  /** Bytes of each parcel, trailer included; 0 for a record that passes as it is: a tombstone, or any on a clear topic. */
  readonly parcels: Float64Array
  /** Whether there is anything to encrypt. */
  needsDek = false
  readonly #plan: TopicPlan
  readonly #batch: RecordBatch
  readonly #limits: Limits
  readonly #loop: SlicedLoop

  constructor(plan: TopicPlan, batch: RecordBatch, limits: Limits) {
    this.#plan = plan
    this.#batch = batch
    this.#limits = limits
    const { length } = batch.records
    this.parcels = new Float64Array(length)
    this.#loop = new SlicedLoop(length, (i) => this.#planRecord(i))
  }

  /**
   * Plans the next records. Synchronous.
   *
   * @returns whether it was the last slice.
   * @throws RecordError for the first record that the rule rejects.
   * @throws TypeError for a partition or headers that cannot be bound.
   */
  planSlice(): boolean {
    return this.#loop.runSlice()
  }

  /** Returns how many records from `start` on a fresh DEK holds, in order. */
  cutAt(start: number): Cut {
    const { parcels } = this
    let records = 0
    let bytes = 0
    let end = start
    for (; end < parcels.length; end++) {
      const parcel = parcels[end] as number
      if (parcel === 0) continue
      const size = blockBytes(parcel)
      if (records + 1 > this.#limits.records || bytes + size > this.#limits.bytes) break
      records++
      bytes += size
    }
    return { end, need: { records, bytes } }
  }

  #planRecord(i: number): number {
    const record = this.#batch.records[i] as RecordSnapshot
    const rejection = rejectionOf(this.#plan, record) ?? this.#planParcel(i, record)
    if (rejection !== undefined) throw new RecordRejections(this.#plan.topic, this.#batch.records).errorOf(i, rejection)
    return this.#batch.headerCost(i)
  }

  #planParcel(i: number, record: RecordSnapshot): Rejection | undefined {
    if (record.value === null || this.#plan.plaintext === 'allow') return undefined
    const { encryptHeaders } = this.#plan.rule
    const length =
      parcelLength(record.value, encryptHeaders ? record.headers : undefined) +
      (this.#plan.bindingWriter?.length(record, i) ?? 0)
    const room = Math.min(this.#batch.roomFor(i, encryptHeaders ? NONE : record.headers), this.#limits.bytes)
    if (blockBytes(length) > room) return tooLarge(blockBytes(length), room)
    this.parcels[i] = length
    this.needsDek = true
    return undefined
  }
}

/** A run of records that one DEK encrypts. */
export interface Cut {
  /** The end, exclusive. */
  readonly end: number
  readonly need: Need
}

function rejectionOf({ rule, plaintext }: TopicPlan, { headers, value }: RecordSnapshot): Rejection | undefined {
  if (headers.length > MAX_RECORD_HEADERS) return TOO_MANY_HEADERS
  if (rule.nested === 'reject' && headers.length > 0 && findMarker(headers) >= 0) return NESTED
  if (value !== null) return undefined
  if (rule.tombstones === 'reject') return TOMBSTONE
  return plaintext !== 'allow' && rule.encryptHeaders && headers.length > 0 ? TOMBSTONE_HEADERS : undefined
}

function tooLarge(bytes: number, room: number): Rejection {
  const message = `the record has ${bytes} bytes to encrypt, and at most ${Math.max(room, 0)} may be encrypted beside its key and headers`
  return { code: 'RECORD_TOO_LARGE', message }
}
