import type { DecryptedInfo, DecryptedRecord, EncryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'

/** A shallow copy with another value and other headers, without what `decrypt` may have said about the record. */
export function copyRecord<R extends KafkaRecord>(
  record: R,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): EncryptedRecord<R> {
  const copy: R & { value: typeof value; headers: typeof headers; keyfold?: unknown } = { ...record, value, headers }
  if (copy.keyfold !== undefined) delete copy.keyfold
  // The compiler does not follow a type that distributes over a union here.
  return copy as unknown as EncryptedRecord<R>
}

/** A shallow copy with another value and other headers, and with what happened to the record. */
export function copyDecrypted<R extends KafkaRecord>(
  record: R,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
  keyfold: DecryptedInfo,
): DecryptedRecord<R> {
  return { ...record, value, headers, keyfold } as unknown as DecryptedRecord<R>
}
