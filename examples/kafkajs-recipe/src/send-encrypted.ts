import type { Producer, ProducerRecord, RecordMetadata } from 'kafkajs'

import type { RecordEncryption } from '@keyfold/record-encryption'

import { toMessage, toRecord } from './messages.ts'

/**
 * Encrypts and sends; for a transaction, give it instead of the producer. It awaits before it sends: await one call before the next, or they
 * may change places.
 */
export async function sendEncrypted(
  producer: Pick<Producer, 'send'>,
  encryption: RecordEncryption,
  record: ProducerRecord,
): Promise<RecordMetadata[]> {
  const sealed = await encryption.encrypt(
    record.topic,
    record.messages.map((message) => toRecord(message)),
  )
  return await producer.send({ ...record, messages: sealed.map((each) => toMessage(each)) })
}
