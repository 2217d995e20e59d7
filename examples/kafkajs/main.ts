import { Kafka, logLevel } from 'kafkajs'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption } from '@keyfold/record-encryption'

import { inProcessKafka } from './src/in-process-kafka.ts'
import { payAndReceive } from './src/payments.ts'

// The keys end with this process, so that each run has a topic of its own.
const topic = `keyfold-example-${Date.now()}`
const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK-payments' }] })
const encryption = await createRecordEncryption({ kms, topics: [{ match: 'keyfold-example-*', kek: 'KEK-payments' }] })

const brokers = process.env['KAFKA_BROKERS']
if (brokers === undefined) {
  console.log('KAFKA_BROKERS is not set: running on an array in this process instead of a broker')
  const kafka = inProcessKafka()
  console.log(await payAndReceive(kafka, encryption, topic))
  console.log('stored:', kafka.log[0]?.value?.toString('base64'))
} else {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  const topics = [topic, `${topic}.dlq`]
  await admin.createTopics({ waitForLeaders: true, topics: topics.map((each) => ({ topic: each })) })
  console.log(await payAndReceive(kafka, encryption, topic))
  await admin.deleteTopics({ topics })
  await admin.disconnect()
}

await encryption.close()
await kms.close()
