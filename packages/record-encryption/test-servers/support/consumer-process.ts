import { Buffer } from 'node:buffer'
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

import { Kafka, logLevel } from 'kafkajs'

import { decryptedConsumer } from '@keyfold/record-encryption/kafkajs'

import { encryptionOf, type SharedKek } from './shared-kek.ts'

/** What the process is told. */
export interface ConsumerProcessOptions {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly groupId: string
  readonly kek: SharedKek
  readonly plain: boolean
  readonly autoCommitThreshold: number
}

// A process of its own, so that a test can kill it: writes a line for each record that it has handled.
const options = JSON.parse(process.argv[2] ?? '') as ConsumerProcessOptions
const { brokers, topic, groupId, autoCommitThreshold } = options
const client = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
  groupId,
  sessionTimeout: 4_000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 200,
})
const consumer = options.plain ? client : decryptedConsumer(client, await encryptionOf(options.kek))
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  autoCommitThreshold,
  eachMessage: async ({ message }) => {
    // It takes a moment, so that a kill comes in the middle.
    await setTimeout(1)
    writeSync(1, Buffer.from(`${message.offset} ${options.plain ? '' : String(message.value)}\n`))
  },
})
