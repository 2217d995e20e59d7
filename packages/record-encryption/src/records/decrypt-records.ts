import type { TopicPlan } from '../topics/topic-plan.ts'
import type { KafkaRecord, Opened } from '../types.ts'
import { classify } from './classify.ts'
import { EdekTable } from './edek-table.ts'
import { destroyDeks, openEdeks, type OpeningEdeks } from './open-edeks.ts'
import { settleRefusals, type OnDecryptError } from './settle-refusals.ts'
import { SliceOpener } from './slice-opener.ts'
import type { TakenRecord } from './take-records.ts'
import { tick } from './tick.ts'
import { Verdicts } from './verdict.ts'

/** What decrypting needs beside the records. */
export interface Decrypting extends OpeningEdeks {
  readonly onDecryptError: OnDecryptError
  readonly countUnbound: (topic: string, records: number) => void
}

/** Opens the records of one topic, in order. @see RecordEncryption.decrypt */
export async function decryptRecords<R extends KafkaRecord>(
  decrypting: Decrypting,
  plan: TopicPlan,
  records: readonly TakenRecord<R>[],
  signal: AbortSignal | undefined,
): Promise<Opened<R>[]> {
  const verdicts = new Verdicts(plan.topic, records)
  const edeks = new EdekTable()
  const classified = records.map((record, i) => classify(plan, record, i, edeks, verdicts))
  await openEdeks(decrypting, plan, edeks.entries, signal)
  const opener = new SliceOpener(plan, records, classified, verdicts)
  try {
    while (opener.results.length < records.length) {
      opener.openSlice()
      if (opener.results.length < records.length) await tick(signal)
    }
  } finally {
    destroyDeks(edeks.entries)
  }
  if (opener.unbound > 0) decrypting.countUnbound(plan.topic, opener.unbound)
  return settleRefusals(opener.results, records, decrypting.onDecryptError)
}
