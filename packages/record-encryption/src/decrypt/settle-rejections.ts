import { mayPassRaw } from '../errors/may-pass-raw.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import { Rejected } from '../records/rejection.ts'
import { Slice } from '../records/slice.ts'
import { headersThatLeave, readRecord, snapshotRecord, wrong, type RecordSnapshot } from '../records/snapshot-record.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { DecryptedInfo, DecryptedRecord, DecryptErrorHandler, KafkaRecord } from '../types.ts'

const UNDECRYPTED: DecryptedInfo = Object.freeze({ status: 'undecrypted', bound: Object.freeze([]) })

/** What `onDecryptError` may be. */
export type OnDecryptError = 'throw' | 'skip' | 'raw' | DecryptErrorHandler

/**
 * Applies `onDecryptError` to the rejected records, in order. A record that is handed on is handed on as it was snapshotted.
 *
 * @throws RecordError for the first that is not to be skipped, replaced or handed on; and what a handler throws.
 * @throws TypeError when a handler returns anything but a record or `undefined`.
 */
export async function settleRejections<R extends KafkaRecord>(
  results: readonly (DecryptedRecord<R> | Rejected)[],
  { records, given }: RecordBatch<R>,
  rejections: RecordRejections,
  onDecryptError: OnDecryptError,
  signal: AbortSignal | undefined,
): Promise<DecryptedRecord<R>[]> {
  const settled: DecryptedRecord<R>[] = []
  let slice = new Slice()
  for (let i = 0; i < results.length; i++) {
    const result = results[i] as DecryptedRecord<R> | Rejected
    if (!(result instanceof Rejected)) {
      settled.push(result)
      continue
    }
    if (!slice.take(0)) {
      await yieldToEventLoop(signal)
      slice = new Slice()
    }
    if (onDecryptError === 'skip') continue
    const { rejection } = result
    const snapshot = records[i] as RecordSnapshot
    if (onDecryptError === 'raw' && mayPassRaw(rejection.code)) {
      settled.push(undecrypted<R>(snapshot))
      continue
    }
    const error = rejections.errorOf(i, rejection)
    if (typeof onDecryptError === 'string') throw error
    const replacement = await onDecryptError(given[i] as R, error)
    if (replacement === undefined) continue
    // The record itself is handed on as it was when it was rejected.
    const whole = replacement === given[i] ? snapshot : replaced(snapshot, replacement, i)
    settled.push(undecrypted<R>(whole))
  }
  return settled
}

/** What the replacement leaves out stays that of the record: a client that misses an offset or a partition stops. */
function replaced(snapshot: RecordSnapshot, replacement: unknown, i: number): RecordSnapshot {
  if (typeof replacement !== 'object' || replacement === null || Array.isArray(replacement))
    throw wrong(`onDecryptError[${i}]`, 'a record or undefined', replacement)
  return snapshotRecord({ ...snapshot, ...readRecord(replacement) }, i, 'onDecryptError')
}

function undecrypted<R extends KafkaRecord>(
  snapshot: RecordSnapshot & { keyfold?: DecryptedInfo },
): DecryptedRecord<R> {
  snapshot.headers = headersThatLeave(snapshot)
  snapshot.keyfold = UNDECRYPTED
  return snapshot as unknown as DecryptedRecord<R>
}
