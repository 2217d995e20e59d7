import { sameKek, type Kek } from '@keyfold/kms-api'
import { isRevocation } from '@keyfold/kms-api/resilience'

import type { Reservation } from '../dek/encryption-dek.ts'
import { MAX_UNUSABLE_DEKS, unusableDeks, type EncryptionDeks } from '../dek/encryption-deks.ts'
import type { Limits, Need } from '../dek/limits.ts'
import { RecordBatch } from '../records/record-batch.ts'
import { SlicedLoop } from '../records/slice.ts'
import { withoutInfo, type RecordSnapshot } from '../records/snapshot-record.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { EncryptedRecord, KafkaRecord } from '../types.ts'
import { EncryptionPlan } from './plan-encryption.ts'
import { SliceEncrypter } from './slice-encrypter.ts'

/** The dependencies of encryption. */
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
  given: readonly R[],
  signal: AbortSignal | undefined,
): Promise<EncryptedRecord<R>[]> {
  const batch = new RecordBatch(given)
  while (!batch.snapshotSlice()) await yieldToEventLoop(signal)
  signal?.throwIfAborted()
  const { records } = batch
  const planned = new EncryptionPlan(plan, batch, limits)
  while (!planned.planSlice()) await yieldToEventLoop(signal)
  if (!planned.needsDek) return passAll(records, signal)
  const reserve = reserving(deks, plan, resolveKek, await resolveKek(plan, signal))
  const encrypter = new SliceEncrypter(plan, batch, planned.parcels)
  for (let unused = 0; encrypter.results.length < records.length;) {
    const start = encrypter.results.length
    const { end, need } = planned.cutAt(start)
    const reservation = await reserve(need, signal)
    try {
      // A DEK that was revoked, or became too old between two slices, is replaced for the remaining records.
      while (encrypter.results.length < end && deks.usable(reservation.source)) {
        encrypter.encryptSlice(reservation, end)
        if (encrypter.results.length < records.length) await yieldToEventLoop(signal)
      }
    } finally {
      reservation.end()
    }
    unused = encrypter.results.length > start ? 0 : unused + 1
    if (unused >= MAX_UNUSABLE_DEKS) throw unusableDeks()
  }
  return encrypter.results
}

/**
 * Reserves of the DEK of the topic's KEK. If that KEK is gone or disabled, its selector is resolved once more, because an operator may have
 * pointed the alias at another KEK.
 */
function reserving(
  deks: EncryptionDeks,
  plan: TopicPlan,
  resolveKek: Encrypting['resolveKek'],
  first: Kek,
): (need: Need, signal: AbortSignal | undefined) => Promise<Reservation> {
  const { encryptionContext } = plan
  let kek = first
  let again = true
  return async (need, signal) => {
    try {
      return await deks.reserve({ kek, encryptionContext }, need, signal)
    } catch (error) {
      if (!again || !isRevocation(error)) throw error
      again = false
      const now = await resolveKek(plan, signal)
      if (sameKek(now, kek)) throw error
      kek = now
      return deks.reserve({ kek, encryptionContext }, need, signal)
    }
  }
}

/** Records of a clear topic, or tombstones: they are returned as they were snapshotted. */
async function passAll<R extends KafkaRecord>(
  records: RecordSnapshot<R>[],
  signal: AbortSignal | undefined,
): Promise<EncryptedRecord<R>[]> {
  const passing = new SlicedLoop(records.length, (i) => {
    withoutInfo(records[i] as RecordSnapshot<R>)
    return 0
  })
  while (!passing.runSlice()) await yieldToEventLoop(signal)
  return records as unknown as EncryptedRecord<R>[]
}
