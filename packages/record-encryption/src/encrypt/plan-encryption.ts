import type { Limits, Need } from '../dek/limits.ts'
import type { RecordErrorCode } from '../errors/record-error.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import { findMarker } from '../wire/marker.ts'
import { parcelLength } from '../wire/parcel.ts'

/** A record's parcel may have this many bytes. */
const MAX_PARCEL_BYTES = 16 * 2 ** 20
const AES_BLOCK = 16

/**
 * Checks what the rule demands of records that are to be encrypted and computes how long each parcel is, before anything is asked of the KMS.
 *
 * @returns bytes of each parcel, trailer included; 0 for a record that passes as it is: a tombstone, or any on a clear topic.
 * @throws RecordError, or TypeError for a partition or headers that cannot be bound.
 */
export function planEncryption(
  plan: TopicPlan,
  records: readonly RecordSnapshot[],
  limits: Limits,
  verdicts: RecordRejections,
): Float64Array {
  const parcels = new Float64Array(records.length)
  const maxBytes = Math.min(MAX_PARCEL_BYTES, limits.bytes)
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as RecordSnapshot
    const refusal = refusalOf(plan, record)
    if (refusal !== undefined) throw verdicts.refuse(i, ...refusal)
    if (record.value === null || plan.plaintext === 'allow') continue
    const headers = plan.rule.encryptHeaders ? record.headers : undefined
    const length = parcelLength(record.value, headers) + (plan.bindingWriter?.length(record, i) ?? 0)
    if (blockBytes(length) > maxBytes) {
      throw verdicts.refuse(
        i,
        'RECORD_TOO_LARGE',
        `the record expected at most ${maxBytes} bytes to encrypt, got ${blockBytes(length)}`,
      )
    }
    parcels[i] = length
  }
  return parcels
}

/** Bytes that the limits of a DEK count: whole blocks of the cipher. */
function blockBytes(parcel: number): number {
  return Math.ceil(parcel / AES_BLOCK) * AES_BLOCK
}

function refusalOf({ rule, plaintext }: TopicPlan, record: RecordSnapshot): [RecordErrorCode, string] | undefined {
  const { headers, value } = record
  if (rule.nested === 'reject' && headers.length > 0 && findMarker(headers) >= 0) {
    return [
      'RECORD_NESTED',
      'the record carries the marker of an encrypted record; encrypting it again expected "nested: allow"',
    ]
  }
  if (value !== null) return undefined
  if (rule.tombstones === 'reject')
    return ['RECORD_TOMBSTONE', 'the record expected a value: the rule rejects tombstones']
  if (plaintext !== 'allow' && rule.encryptHeaders && headers.length > 0) {
    return [
      'RECORD_TOMBSTONE',
      'the tombstone expected no headers: they would leave in clear, and the rule has "encryptHeaders"',
    ]
  }
  return undefined
}

/** A run of records that one DEK encrypts. */
export interface Cut {
  /** Exclusive. */
  readonly end: number
  readonly need: Need
}

/** Takes as many records from `start` on as a fresh DEK holds, in order. */
export function cutAt(parcels: Float64Array, start: number, limits: Limits): Cut {
  let records = 0
  let bytes = 0
  let end = start
  for (; end < parcels.length; end++) {
    const parcel = parcels[end] as number
    if (parcel === 0) continue
    const size = blockBytes(parcel)
    if (records + 1 > limits.records || bytes + size > limits.bytes) break
    records++
    bytes += size
  }
  return { end, need: { records, bytes } }
}
