import { mayPassRaw } from '../errors/may-pass-raw.ts'
import { RecordError } from '../errors/record-error.ts'
import type { DecryptErrorHandler, KafkaRecord, Opened, OpenedInfo } from '../types.ts'
import { checkRecord } from './check-records.ts'

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
  records: readonly R[],
  onDecryptError: OnDecryptError,
): Promise<Opened<R>[]> {
  const opened: Opened<R>[] = []
  for (let i = 0; i < results.length; i++) {
    const result = results[i] as Opened<R> | RecordError
    if (!(result instanceof RecordError)) {
      opened.push(result)
      continue
    }
    const replacement = await settle(result, records[i] as R, onDecryptError)
    if (replacement === undefined) continue
    checkRecord(replacement, i, 'onDecryptError')
    opened.push({ ...(replacement as R), headers: replacement.headers ?? [], keyfold: UNDECRYPTED })
  }
  return opened
}

function settle(error: RecordError, record: KafkaRecord, onDecryptError: OnDecryptError): ReturnType<DecryptErrorHandler> {
  if (typeof onDecryptError === 'function') return onDecryptError(record, error)
  if (onDecryptError === 'skip') return undefined
  if (onDecryptError === 'raw' && mayPassRaw(error.code)) return record
  throw error
}
