import { mayPassRaw } from '../errors/may-pass-raw.ts'
import { RecordError } from '../errors/record-error.ts'
import { snapshotRecord, type RecordSnapshot } from '../records/snapshot-records.ts'
import type { DecryptedInfo, DecryptedRecord, DecryptErrorHandler, KafkaRecord } from '../types.ts'

const UNDECRYPTED: DecryptedInfo = Object.freeze({ status: 'undecrypted', bound: Object.freeze([]) })

/** What `onDecryptError` may be. */
export type OnDecryptError = 'throw' | 'skip' | 'raw' | DecryptErrorHandler

/**
 * Applies `onDecryptError` to the refused records, in order.
 *
 * @throws RecordError for the first that is not to be skipped, replaced or handed on; and what a handler throws.
 * @throws TypeError when a handler gives something else than a record or `undefined`.
 */
export async function settleRejections<R extends KafkaRecord>(
  results: readonly (DecryptedRecord<R> | RecordError)[],
  records: readonly RecordSnapshot<R>[],
  onDecryptError: OnDecryptError,
): Promise<DecryptedRecord<R>[]> {
  const opened: DecryptedRecord<R>[] = []
  for (let i = 0; i < results.length; i++) {
    const result = results[i] as DecryptedRecord<R> | RecordError
    if (!(result instanceof RecordError)) {
      opened.push(result)
      continue
    }
    const replacement = await settle(result, (records[i] as RecordSnapshot<R>).source, onDecryptError)
    if (replacement === undefined) continue
    const { source, value, headers } = snapshotRecord(replacement as R, i, 'onDecryptError')
    opened.push({ ...source, value, headers: [...headers], keyfold: UNDECRYPTED })
  }
  return opened
}

function settle(
  error: RecordError,
  record: KafkaRecord,
  onDecryptError: OnDecryptError,
): ReturnType<DecryptErrorHandler> {
  if (typeof onDecryptError === 'function') return onDecryptError(record, error)
  if (onDecryptError === 'skip') return undefined
  if (onDecryptError === 'raw' && mayPassRaw(error.code)) return record
  throw error
}
