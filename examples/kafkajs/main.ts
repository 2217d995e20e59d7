import { Kafka, logLevel } from 'kafkajs'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption } from '@keyfold/record-encryption'

import { eachDecrypted, type DecryptedMessage } from './src/receive-decrypted.ts'
import { sendEncrypted } from './src/send-encrypted.ts'

const brokers = process.env['KAFKA_BROKERS']
if (brokers === undefined) {
  console.error(
    '"KAFKA_BROKERS" expected host:port of a Kafka broker, got none; each run makes and deletes a topic "keyfold-recipe-…" there',
  )
  process.exit(2)
}

// The keys end with this process, so that each run has a topic of its own.
const topic = `keyfold-recipe-${Date.now()}`
const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK-recipe' }] })
const encryption = await createRecordEncryption({ kms, topics: [{ match: topic, kek: 'KEK-recipe' }] })

const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })

const producer = kafka.producer()
await producer.connect()
await sendEncrypted(producer, encryption, {
  topic,
  messages: [{ key: 'alice', value: '42.00 EUR', headers: { trace: ['a', 'b'] } }],
})
await producer.disconnect()

const { promise: arrived, resolve } = Promise.withResolvers<DecryptedMessage>()
const consumer = kafka.consumer({ groupId: topic })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: eachDecrypted(encryption, async (message) => {
    resolve(message)
  }),
})
const { key, value, headers, partition, offset, keyfold } = await arrived
console.log(
  key?.toString(),
  value?.toString(),
  [headers['trace']].flat().join(),
  `${partition}/${offset}`,
  keyfold.status,
  keyfold.bound.join(),
)
await consumer.disconnect()
await admin.deleteTopics({ topics: [topic] })
await admin.disconnect()

await encryption.close()
await kms.close()
