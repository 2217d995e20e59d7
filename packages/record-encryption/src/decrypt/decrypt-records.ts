import { RecordRejections } from '../records/record-rejections.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { DecryptedRecord, KafkaRecord } from '../types.ts'
import { classify } from './classify.ts'
import { EdekTable } from './edek-table.ts'
import { settleRejections, type OnDecryptError } from './settle-rejections.ts'
import { SliceDecrypter } from './slice-decrypter.ts'
import { destroyDeks, unwrapEdeks, type UnwrappingEdeks } from './unwrap-edeks.ts'

/** What decrypting needs beside the records. */
export interface Decrypting extends UnwrappingEdeks {
  readonly onDecryptError: OnDecryptError
  readonly countUnbound: (topic: string, records: number) => void
}

/** Opens the records of one topic, in order. @see RecordEncryption.decrypt */
export async function decryptRecords<R extends KafkaRecord>(
  decrypting: Decrypting,
  plan: TopicPlan,
  records: readonly RecordSnapshot<R>[],
  signal: AbortSignal | undefined,
): Promise<DecryptedRecord<R>[]> {
  const verdicts = new RecordRejections(plan.topic, records)
  const edeks = new EdekTable()
  const classified = records.map((record, i) => classify(plan, record, i, edeks, verdicts))
  await unwrapEdeks(decrypting, plan, edeks.entries, signal)
  const opener = new SliceDecrypter(plan, records, classified, verdicts)
  try {
    while (opener.results.length < records.length) {
      opener.decryptSlice()
      if (opener.results.length < records.length) await yieldToEventLoop(signal)
    }
  } finally {
    destroyDeks(edeks.entries)
  }
  if (opener.unbound > 0) decrypting.countUnbound(plan.topic, opener.unbound)
  return settleRejections(opener.results, records, decrypting.onDecryptError)
}
