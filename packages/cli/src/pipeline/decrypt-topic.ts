import {
  type DecryptErrorHandler,
  isRecordError,
  type Opened,
  type OpenedInfo,
  type RecordEncryption,
  type RecordErrorCode,
} from '@keyfold/record-encryption'

import type { ConvertTopic } from './convert-batch.ts'
import type { PendingRecord } from './pending-record.ts'
import { endWith, type RefusalPolicy } from './refusals.ts'

/** Records that are refused for what they claim to be, not for being unreadable: passing them on as they came would be the attack. */
const NEVER_RAW: ReadonlySet<RecordErrorCode> = new Set([
  'RECORD_PLAINTEXT',
  'RECORD_MARKED',
  'RECORD_NESTED',
  'RECORD_TOMBSTONE',
  'RECORD_KEK_UNTRUSTED',
  'RECORD_BINDING',
  'RECORD_DISTRUSTED',
])

/** The library's policy of the same name, with a count and a log line for each refused record. */
export function decryptErrorPolicy(policy: RefusalPolicy): 'throw' | DecryptErrorHandler {
  const { onError, refusals } = policy
  if (onError === 'throw') return 'throw'
  return (record, error) => {
    if (onError === 'raw' && NEVER_RAW.has(error.code)) throw error
    // What goes into the library comes back: records of this command line know their line.
    refusals[onError](policy.locate(error, record as PendingRecord))
    return onError === 'skip' ? undefined : record
  }
}

/** What {@link decryptTopic} needs. */
export interface DecryptOptions {
  readonly encryption: RecordEncryption
  readonly policy: RefusalPolicy
  readonly signal: AbortSignal | undefined
}

/** Decrypts records of a topic. A topic without a rule is refused as a whole, which `skip` leaves out as well. */
export function decryptTopic({ encryption, policy, signal }: DecryptOptions): ConvertTopic {
  return async (topic, records) => {
    try {
      return await encryption.decrypt(topic, records, { signal })
    } catch (error) {
      if (!isRecordError(error) || policy.onError !== 'skip' || error.index >= 0) throw endWith(error, records, policy)
      for (const record of records) policy.refusals.skip(policy.locate(error, record))
      return []
    }
  }
}

/** What became of a record. */
export function openedOutcome(record: PendingRecord): OpenedInfo['status'] | undefined {
  return (record as Partial<Opened<PendingRecord>>).keyfold?.status
}
