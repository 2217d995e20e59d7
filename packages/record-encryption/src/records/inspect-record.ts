import type { Edek } from '@keyfold/kms-api'

import type { KafkaRecord, RecordHeader } from '../types.ts'
import { checkMarker, ENCRYPTION_VERSION, findMarker } from '../wire/marker.ts'
import { IV_LENGTH, parseWrapper, TAG_LENGTH } from '../wire/wrapper.ts'
import { copyOf } from './copy-of.ts'
import { RecordRejections } from './record-rejections.ts'
import { MARKED_TOMBSTONE, wireRejection } from './rejection.ts'
import { snapshotRecord } from './snapshot-record.ts'

/** The envelope of an encrypted record, which can be read without a key. Nothing of it is authenticated. */
export interface EncryptedRecordInfo {
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
 * Reads the envelope of an encrypted record, without a key or the KMS.
 *
 * @returns `undefined` for a record without the marker.
 * @throws TypeError if it is not a record.
 * @throws RecordError `RECORD_MALFORMED`, `RECORD_UNSUPPORTED`; its `topic` is empty and its `index` 0.
 */
export function inspectRecord(record: KafkaRecord): EncryptedRecordInfo | undefined {
  const snapshot = snapshotRecord(record, 0)
  const { headers, value } = snapshot
  const markerIndex = findMarker(headers)
  if (markerIndex < 0) return undefined
  const rejections = new RecordRejections('', [snapshot])
  if (value === null) throw rejections.errorOf(0, MARKED_TOMBSTONE)
  try {
    checkMarker(headers[markerIndex] as RecordHeader)
    const { edekStart, edekEnd, ivStart } = parseWrapper(value)
    return {
      encryptionVersion: ENCRYPTION_VERSION,
      cipher: 'AES_256_GCM_128',
      aad: 'NONE',
      edek: copyOf(value, edekStart, edekEnd),
      iv: copyOf(value, ivStart, ivStart + IV_LENGTH),
      ciphertextLength: value.length - ivStart - IV_LENGTH - TAG_LENGTH,
      markerIndex,
    }
  } catch (error) {
    throw rejections.errorOf(0, wireRejection(error))
  }
}
