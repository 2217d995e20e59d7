import { KeyfoldRecordEncryption } from './keyfold-record-encryption.ts'
import { checkOptions } from './policies/check-options.ts'
import type { RecordEncryption, RecordEncryptionOptions } from './types.ts'

/**
 * Creates record encryption from rules and a `Kms`. Sends no request to the KMS yet; {@link RecordEncryption.prewarm} does.
 *
 * ```ts
 * const encryption = await createRecordEncryption({ kms, topics: [{ match: 'payments.*', kek: 'KEK-$(topicName)' }] })
 * const encrypted = await encryption.encrypt('payments.eu', records)
 * const decrypted = await encryption.decrypt('payments.eu', encrypted)
 * ```
 *
 * @param options -read once; later changes have no effect. The caller owns `kms` and must close it after the result.
 * @throws TypeError for an option that is wrong or unknown, naming its path.
 */
export async function createRecordEncryption(options: RecordEncryptionOptions): Promise<RecordEncryption> {
  return Promise.resolve(new KeyfoldRecordEncryption(checkOptions(options)))
}
