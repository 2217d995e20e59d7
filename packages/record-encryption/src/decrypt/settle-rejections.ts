import { mayPassRaw } from '../errors/may-pass-raw.ts'
import { RecordError } from '../errors/record-error.ts'
import { copyDecrypted } from '../records/copy-record.ts'
import { snapshotRecord, type RecordSnapshot } from '../records/snapshot-records.ts'
import type { DecryptedInfo, DecryptedRecord, DecryptErrorHandler, KafkaRecord, RecordReplacement } from '../types.ts'

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
    const record = (records[i] as RecordSnapshot<R>).source
    const replacement = await settle(result, record, onDecryptError)
    if (replacement === undefined) continue
    opened.push(replaced(record, replacement, i))
  }
  return opened
}

/** What the replacement leaves out stays that of the record: a client that misses an offset or a partition stops. */
function replaced<R extends KafkaRecord>(record: R, replacement: RecordReplacement<R>, i: number): DecryptedRecord<R> {
  const given: unknown = replacement
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const got = given === null ? 'null' : Array.isArray(given) ? 'an array' : typeof given
    throw new TypeError(`"onDecryptError[${i}]" expected a record or undefined, got ${got}`)
  }
  const whole = given === record ? record : { ...record, ...replacement }
  const { source, value, headers } = snapshotRecord<R>(whole, i, 'onDecryptError')
  return copyDecrypted(source, value, [...headers], UNDECRYPTED)
}

function settle<R extends KafkaRecord>(
  error: RecordError,
  record: R,
  onDecryptError: OnDecryptError,
): RecordReplacement<R> | undefined | Promise<RecordReplacement<R> | undefined> {
  if (typeof onDecryptError === 'function') return onDecryptError(record, error)
  if (onDecryptError === 'skip') return undefined
  if (onDecryptError === 'raw' && mayPassRaw(error.code)) return record
  throw error
}
