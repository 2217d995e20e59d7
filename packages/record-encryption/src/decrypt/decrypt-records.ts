import { RecordBatch } from '../records/record-batch.ts'
import { RecordRejections } from '../records/record-rejections.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { DecryptedRecord, KafkaRecord } from '../types.ts'
import { Classification } from './classify.ts'
import { EdekTable } from './edek-table.ts'
import { settleRejections, type OnDecryptError } from './settle-rejections.ts'
import { SliceDecrypter } from './slice-decrypter.ts'
import { destroyDeks, unwrapEdeks, type UnwrappingEdeks } from './unwrap-edeks.ts'

/** What decrypting needs beside the records. */
export interface Decrypting extends UnwrappingEdeks {
  readonly onDecryptError: OnDecryptError
  readonly countUnbound: (topic: string, records: number) => void
}

/** Decrypts the records of one topic, in order. @see RecordEncryption.decrypt */
export async function decryptRecords<R extends KafkaRecord>(
  decrypting: Decrypting,
  plan: TopicPlan,
  given: readonly R[],
  signal: AbortSignal | undefined,
): Promise<DecryptedRecord<R>[]> {
  const batch = new RecordBatch(given)
  while (!batch.snapshotSlice()) await yieldToEventLoop(signal)
  signal?.throwIfAborted()
  const edeks = new EdekTable(decrypting.kms)
  const classification = new Classification(plan, batch, edeks)
  while (!classification.classifySlice()) await yieldToEventLoop(signal)
  await unwrapEdeks(decrypting, plan, edeks.entries, signal)
  const decrypter = new SliceDecrypter(plan, batch, classification.classified)
  try {
    while (!decrypter.decryptSlice()) await yieldToEventLoop(signal)
  } finally {
    destroyDeks(edeks.entries)
  }
  if (decrypter.unbound > 0) decrypting.countUnbound(plan.topic, decrypter.unbound)
  const rejections = new RecordRejections(plan.topic, batch.records)
  return settleRejections(decrypter.results, batch, rejections, decrypting.onDecryptError, signal)
}
