import type { Arrival } from '../keks/key-ahead.ts'
import { RecordBatch } from '../records/record-batch.ts'
import { RecordRejections } from '../records/record-rejections.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import { CallTotals } from '../totals/call-totals.ts'
import type { DecryptTotals } from '../totals/decrypt-totals.ts'
import type { KafkaRecord } from '../types.ts'
import { Classification } from './classify.ts'
import { DecryptOutcomes } from './decrypt-outcomes.ts'
import { EdekTable } from './edek-table.ts'
import { SliceDecrypter } from './slice-decrypter.ts'
import { destroyDeks, unwrapEdeks, type UnwrappingEdeks } from './unwrap-edeks.ts'

/** The dependencies of decryption. */
export interface Decrypting extends UnwrappingEdeks {
  /** Notes the arrival of records. */
  readonly arrive: () => Arrival
  /** Called once at the end of the call, whether it succeeds or not. */
  readonly decrypted: (totals: DecryptTotals) => void
}

/**
 * Decrypts the records of one topic, each on its own.
 *
 * @returns what became of each record, in order, before any policy settles the rejections.
 * @throws errors of the KMS that are not about a single record.
 */
export async function decryptRecords<R extends KafkaRecord>(
  decrypting: Decrypting,
  plan: TopicPlan,
  given: readonly R[],
  signal: AbortSignal | undefined,
): Promise<DecryptOutcomes<R>> {
  const arrival = decrypting.arrive()
  const batch = new RecordBatch(given)
  while (!batch.snapshotSlice()) await yieldToEventLoop(signal)
  signal?.throwIfAborted()
  const rejections = new RecordRejections(plan.topic, batch.records)
  const totals = new CallTotals(plan.topic)
  try {
    const edeks = new EdekTable(decrypting.kms)
    const classification = new Classification(plan, batch, edeks)
    while (!classification.classifySlice()) await yieldToEventLoop(signal)
    await unwrapEdeks(decrypting, plan, edeks.entries, arrival, totals.keks, signal)
    const decrypter = new SliceDecrypter(plan, batch, classification.classified)
    try {
      let last = false
      while (!last) {
        const from = decrypter.results.length
        last = decrypter.decryptSlice()
        totals.count(decrypter.results, from)
        if (!last) await yieldToEventLoop(signal)
      }
    } finally {
      destroyDeks(edeks.entries)
    }
    totals.unbound = decrypter.unbound
    return new DecryptOutcomes(decrypter.results, batch, rejections)
  } finally {
    decrypting.decrypted(totals.totals(rejections))
  }
}
