import type { DecryptedRecord, KafkaRecord } from '../../records/kafka-record.ts'
import { bufferOf } from './client-data.ts'
import type { FetchedMessage } from './client-types.ts'
import { rememberInfo } from './info-of.ts'
import { toHeaderList, toNamedHeaders } from './named-headers.ts'

/** Returns a fetched message as a record. */
export function toFetchedRecord(message: FetchedMessage, partition: number): KafkaRecord {
  const { key, value, headers, offset } = message
  return { key, value, headers: toHeaderList(headers), partition, offset }
}

/**
 * Returns the message that a handler gets for a record: a copy of the fetched one with the record's value and headers. A record that was not encrypted is handed
 * on as it was fetched.
 */
export function toOpenedMessage(message: FetchedMessage, record: DecryptedRecord<KafkaRecord>): FetchedMessage {
  const { keyfold: info } = record
  if (info.status === 'clear') {
    rememberInfo(message, info)
    return message
  }
  const { key, value, headers } = record
  const opened = { ...message, value: bufferOf(value), headers: toNamedHeaders(headers) }
  // A handler of `onDecryptError` may have replaced it.
  if (info.status === 'undecrypted' && key !== message.key) opened.key = key
  rememberInfo(opened, info)
  return opened
}

/** Returns about how many bytes the work on a message takes. */
export function sizeOfMessage({ key, value }: FetchedMessage): number {
  return (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
}
