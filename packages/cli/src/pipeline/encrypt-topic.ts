import { isRecordError, type RecordEncryption, type RecordError } from '@keyfold/record-encryption'

import type { ConvertTopic } from './convert-batch.ts'
import type { PendingRecord } from './pending-record.ts'
import { endWith, type RejectionPolicy } from './refusals.ts'

/** What {@link encryptTopic} needs. */
export interface EncryptOptions {
  readonly encryption: RecordEncryption
  /** With `raw` a refused record ends the run: it would leave in clear. */
  readonly policy: RejectionPolicy
  readonly signal: AbortSignal | undefined
}

/** Encrypts records of a topic. The library takes all or nothing: with `skip` it is asked again without the record that it refused. */
export function encryptTopic({ encryption, policy, signal }: EncryptOptions): ConvertTopic {
  return async (topic, records) => {
    for (let rest = records; rest.length > 0;) {
      try {
        return await encryption.encrypt(topic, rest, { signal })
      } catch (error) {
        if (!isRecordError(error) || policy.onError !== 'skip') throw endWith(error, rest, policy)
        rest = withoutRefused(rest, error, policy)
      }
    }
    return []
  }
}

/** An index of -1 says that the whole topic is refused. */
function withoutRefused(
  records: readonly PendingRecord[],
  error: RecordError,
  policy: RejectionPolicy,
): readonly PendingRecord[] {
  const refused = error.index < 0 ? records : records.slice(error.index, error.index + 1)
  for (const record of refused) policy.refusals.skip(policy.locate(error, record))
  return error.index < 0 ? [] : records.toSpliced(error.index, 1)
}

/** What became of a record; a tombstone and a topic in clear keep the value that they had. */
export function sealedOutcome(sealed: PendingRecord, original: PendingRecord): 'encrypted' | 'clear' {
  return sealed.value === null || sealed.value === original.value ? 'clear' : 'encrypted'
}
