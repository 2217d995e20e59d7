import type { Edek } from '@keyfold/kms-api'

import type { KafkaRecord } from '../types.ts'

/** What can be read of an encrypted record without a key. Nothing of it is authenticated. */
export interface SealedRecordInfo {
  readonly encryptionVersion: number
  readonly cipher: 'AES_256_GCM_128'
  readonly aad: 'NONE'
  /** A copy. */
  readonly edek: Edek
  /** A copy of the 12 bytes. */
  readonly iv: Uint8Array
  /** Bytes of the encrypted parcel, without the 16 bytes of the tag. */
  readonly ciphertextLength: number
  /** Position of the marker among the headers. */
  readonly markerIndex: number
}

/**
 * Reads the envelope of an encrypted record. No key, no KMS.
 *
 * @returns `undefined` for a record without the marker.
 * @throws RecordError `RECORD_MALFORMED`, `RECORD_UNSUPPORTED`; its `topic` is empty and its `index` 0.
 */
export declare function inspectRecord(record: KafkaRecord): SealedRecordInfo | undefined
