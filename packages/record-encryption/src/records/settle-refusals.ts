import { RecordError, type RecordErrorCode } from '../errors/record-error.ts'
import type { DecryptErrorHandler, KafkaRecord, Opened, OpenedInfo } from '../types.ts'
import { checkRecord } from './check-records.ts'

const UNDECRYPTED: OpenedInfo = Object.freeze({ status: 'undecrypted', bound: Object.freeze([]) })

/** Verdicts that say "somebody put this here": its bytes are never handed on, not even as they came. */
const NEVER_RAW: ReadonlySet<RecordErrorCode> = new Set([
  'RECORD_PLAINTEXT',
  'RECORD_MARKED',
  'RECORD_NESTED',
  'RECORD_TOMBSTONE',
  'RECORD_KEK_UNTRUSTED',
  'RECORD_BINDING',
  'RECORD_DISTRUSTED',
])

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
  if (onDecryptError === 'raw' && !NEVER_RAW.has(error.code)) return record
  throw error
}
