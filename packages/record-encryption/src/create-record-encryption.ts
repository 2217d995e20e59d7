import { KeyfoldRecordEncryption } from './keyfold-record-encryption.ts'
import { checkOptions } from './policies/check-options.ts'
import type { RecordEncryption, RecordEncryptionOptions } from './types.ts'

/**
 * Makes record encryption from rules and a `Kms`. Asks the KMS nothing yet; {@link RecordEncryption.prewarm} does.
 *
 * ```ts
 * const encryption = await createRecordEncryption({ kms, topics: [{ match: 'payments.*', kek: 'KEK-$(topicName)' }] })
 * const sealed = await encryption.encrypt('payments.eu', records)
 * const opened = await encryption.decrypt('payments.eu', sealed)
 * ```
 *
 * @param options - read once; changing them later changes nothing. `kms` stays the caller's, who closes it after the result.
 * @throws TypeError for an option that is wrong or unknown, naming its path.
 */
export async function createRecordEncryption(options: RecordEncryptionOptions): Promise<RecordEncryption> {
  return Promise.resolve(new KeyfoldRecordEncryption(checkOptions(options)))
}
