import { isRecordError, type RecordEncryption, type RecordError } from '@keyfold/record-encryption'

import type { ConvertTopic } from './convert-batch.ts'
import type { PendingRecord } from './pending-record.ts'
import { endWith, type RejectionPolicy } from './rejections.ts'

/** What {@link encryptTopic} needs. */
export interface EncryptOptions {
  readonly encryption: RecordEncryption
  /** With `raw` a rejected record ends the run: it would leave in clear. */
  readonly policy: RejectionPolicy
  readonly signal: AbortSignal | undefined
}

/**
 * Encrypts records of a topic. The library takes all or nothing and names the first record that it rejects: with `skip` those before it are encrypted,
 * and it is called again with those after it, so that each record is encrypted once however many are rejected.
 */
export function encryptTopic({ encryption, policy, signal }: EncryptOptions): ConvertTopic {
  return async (topic, records) => {
    const done: PendingRecord[][] = []
    for (let rest = records; rest.length > 0;) {
      try {
        done.push(await encryption.encrypt(topic, rest, { signal }))
        break
      } catch (error) {
        if (!isRecordError(error) || policy.onError !== 'skip') throw endWith(error, rest, policy)
        const good = rest.slice(0, Math.max(0, error.index))
        if (good.length > 0) done.push(await encryption.encrypt(topic, good, { signal }))
        rest = skipRejected(rest, error, policy)
      }
    }
    return done.flat()
  }
}

/** Returns the records after those that are rejected; an index of -1 says that the whole topic is. */
function skipRejected(
  records: readonly PendingRecord[],
  error: RecordError,
  policy: RejectionPolicy,
): readonly PendingRecord[] {
  const rejected = error.index < 0 ? records : records.slice(error.index, error.index + 1)
  for (const record of rejected) policy.rejections.skip(policy.locate(error, record), record.source)
  return error.index < 0 ? [] : records.slice(error.index + 1)
}

/** What became of a record; a tombstone and a topic in clear keep the value that they had. */
export function sealedOutcome(sealed: PendingRecord, original: PendingRecord): 'encrypted' | 'clear' {
  return sealed.value === null || sealed.value === original.value ? 'clear' : 'encrypted'
}
