import type { Kek } from '@keyfold/kms-api'

import type { EncryptionDeks } from '../dek/encryption-deks.ts'
import type { Limits } from '../dek/limits.ts'
import { copyRecord } from '../records/copy-record.ts'
import { RecordRejections } from '../records/record-rejections.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { EncryptedRecord, KafkaRecord } from '../types.ts'
import { cutAt, planEncryption } from './plan-encryption.ts'
import { SliceEncrypter } from './slice-encrypter.ts'

/** What encrypting needs beside the records. */
export interface Encrypting {
  readonly deks: EncryptionDeks
  readonly limits: Limits
  /** The KEK of a topic that is not clear. */
  readonly resolveKek: (plan: TopicPlan, signal: AbortSignal | undefined) => Promise<Kek>
}

/** Encrypts the records of one topic, all or nothing. @see RecordEncryption.encrypt */
export async function encryptRecords<R extends KafkaRecord>(
  { deks, limits, resolveKek }: Encrypting,
  plan: TopicPlan,
  records: readonly RecordSnapshot<R>[],
  signal: AbortSignal | undefined,
): Promise<EncryptedRecord<R>[]> {
  const parcels = planEncryption(plan, records, limits, new RecordRejections(plan.topic, records))
  if (parcels.every((parcel) => parcel === 0))
    return records.map(({ source, value, headers }) => copyRecord(source, value, [...headers]))
  const kek = await resolveKek(plan, signal)
  const sealer = new SliceEncrypter(plan, records, parcels)
  while (sealer.results.length < records.length) {
    const { end, need } = cutAt(parcels, sealer.results.length, limits)
    const reservation = await deks.reserve(kek, need, signal)
    try {
      // A DEK that was revoked, or grew too old between two slices, gives way to another for what is left.
      while (sealer.results.length < end && deks.usable(reservation.source)) {
        sealer.encryptSlice(reservation, end)
        if (sealer.results.length < records.length) await yieldToEventLoop(signal)
      }
    } finally {
      reservation.end()
    }
  }
  return sealer.results
}
