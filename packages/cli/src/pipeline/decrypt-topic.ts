import {
  isRecordError,
  mayPassRaw,
  type DecryptedInfo,
  type DecryptedRecord,
  type DecryptErrorHandler,
  type KafkaRecord,
  type RecordEncryption,
  type RecordError,
} from '@keyfold/record-encryption'

import type { ConvertTopic } from './convert-batch.ts'
import type { PendingRecord } from './pending-record.ts'
import { endWith, type RejectionPolicy } from './rejections.ts'

/** The library's policy of the same name, with a count and a log line for each rejected record. */
export function decryptErrorPolicy(policy: RejectionPolicy): 'throw' | DecryptErrorHandler {
  const { onError, rejections } = policy
  if (onError === 'throw') return 'throw'
  return (record: KafkaRecord, error: RecordError) => {
    if (onError === 'raw' && !mayPassRaw(error.code)) throw error
    // What goes into the library comes back: records of this command line know their line.
    const pending = record as PendingRecord
    rejections[onError](policy.locate(error, pending), pending.source)
    return onError === 'skip' ? undefined : record
  }
}

/** What {@link decryptTopic} needs. */
export interface DecryptOptions {
  readonly encryption: RecordEncryption
  readonly policy: RejectionPolicy
  readonly signal: AbortSignal | undefined
}

/** Decrypts records of a topic. A topic without a rule is rejected as a whole, which `skip` leaves out as well. */
export function decryptTopic({ encryption, policy, signal }: DecryptOptions): ConvertTopic {
  return async (topic, records) => {
    try {
      return await encryption.decrypt(topic, records, { signal })
    } catch (error) {
      if (!isRecordError(error) || policy.onError !== 'skip' || error.index >= 0) throw endWith(error, records, policy)
      for (const record of records) policy.rejections.skip(policy.locate(error, record), record.source)
      return []
    }
  }
}

/** What became of a record. */
export function openedOutcome(record: PendingRecord): DecryptedInfo['status'] | undefined {
  return (record as Partial<DecryptedRecord<PendingRecord>>).keyfold?.status
}
