import type { EncryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'

/** A shallow copy with another value and other headers, without what `decrypt` may have said about the record. */
export function copyRecord<R extends KafkaRecord>(
  record: R,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): EncryptedRecord<R> {
  const copy: EncryptedRecord<R> & { keyfold?: unknown } = { ...record, value, headers }
  if (copy.keyfold !== undefined) delete copy.keyfold
  return copy
}
