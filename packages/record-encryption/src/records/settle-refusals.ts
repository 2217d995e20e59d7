import { mayPassRaw } from '../errors/may-pass-raw.ts'
import { RecordError } from '../errors/record-error.ts'
import type { DecryptErrorHandler, KafkaRecord, Opened, OpenedInfo } from '../types.ts'
import { takeRecord, type TakenRecord } from './take-records.ts'

const UNDECRYPTED: OpenedInfo = Object.freeze({ status: 'undecrypted', bound: Object.freeze([]) })

/** What `onDecryptError` may be. */
export type OnDecryptError = 'throw' | 'skip' | 'raw' | DecryptErrorHandler

/**
 * Applies `onDecryptError` to the refused records, in order.
 *
 * @throws RecordError for the first that is not to be skipped, replaced or handed on; and what a handler throws.
 * @throws TypeError when a handler gives something else than a record or `undefined`.
 */
export async function settleRefusals<R extends KafkaRecord>(
  results: readonly (Opened<R> | RecordError)[],
  records: readonly TakenRecord<R>[],
  onDecryptError: OnDecryptError,
): Promise<Opened<R>[]> {
  const opened: Opened<R>[] = []
  for (let i = 0; i < results.length; i++) {
    const result = results[i] as Opened<R> | RecordError
    if (!(result instanceof RecordError)) {
      opened.push(result)
      continue
    }
    const replacement = await settle(result, (records[i] as TakenRecord<R>).source, onDecryptError)
    if (replacement === undefined) continue
    const { source, value, headers } = takeRecord(replacement as R, i, 'onDecryptError')
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
