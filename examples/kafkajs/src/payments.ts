import type { Kafka } from 'kafkajs'

import type { RecordEncryption } from '@keyfold/record-encryption'
import { decryptedConsumer, encryptedProducer, infoOf } from '@keyfold/record-encryption/kafkajs'

/** Sends a payment and returns what the handler of a consumer saw of it. Only the two lines that wrap the clients are Keyfold's. */
export async function payAndReceive(
  kafka: Pick<Kafka, 'producer' | 'consumer'>,
  encryption: RecordEncryption,
  topic: string,
): Promise<string> {
  const producer = encryptedProducer(kafka.producer(), encryption)
  await producer.connect()
  await producer.send({ topic, messages: [{ key: 'alice', value: '42.00 EUR', headers: { trace: ['a', 'b'] } }] })

  const deadLetter = { producer, topic: `${topic}.dlq` }
  const consumer = decryptedConsumer(kafka.consumer({ groupId: topic }), encryption, { deadLetter })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const { promise: received, resolve } = Promise.withResolvers<string>()
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { key, value, headers } = message
      const info = infoOf(message)
      await Promise.resolve()
      resolve(
        `${key?.toString()} ${value?.toString()} ${String(headers?.['trace'])} ${info?.status} ${info?.bound.join()}`,
      )
    },
  })
  const line = await received
  await consumer.disconnect()
  await producer.disconnect()
  return line
}
