import { Slice } from '../records/slice.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { DecryptedRecord, KafkaRecord } from '../types.ts'
import type { DecryptOutcomes, SettlePolicies } from './decrypt-outcomes.ts'

/** Applies `onDecryptError` to the rejected records of a call, in order. @see DecryptOutcomes.settle */
export async function settleRejections<R extends KafkaRecord>(
  outcomes: DecryptOutcomes<R>,
  policies: SettlePolicies,
  signal: AbortSignal | undefined,
): Promise<DecryptedRecord<R>[]> {
  const settled: DecryptedRecord<R>[] = []
  let slice = new Slice()
  for (let i = 0; i < outcomes.length; i++) {
    const record = outcomes.recordAt(i)
    if (record !== undefined) {
      settled.push(record)
      continue
    }
    if (!slice.take(0)) {
      await yieldToEventLoop(signal)
      slice = new Slice()
      slice.take(0)
    }
    const replacement = await outcomes.settle(i, policies)
    if (replacement !== undefined) settled.push(replacement)
  }
  return settled
}
