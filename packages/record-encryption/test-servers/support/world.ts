import { randomUUID } from 'node:crypto'

import { Kafka, logLevel, type Admin, type Consumer, type KafkaConfig, type KafkaMessage } from 'kafkajs'
import { onTestFinished } from 'vitest'

import { createInMemoryKms, type InMemoryKmsAdmin } from '@keyfold/kms-inmemory'

import { createRecordEncryption, type RecordEncryption, type RecordEncryptionOptions } from '../../src/index.ts'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

/** One test's topics on the broker, and two processes' record encryption over the same keys: a consumer has no DEK before it asks for it. */
export interface World {
  readonly kafka: Kafka
  readonly admin: Admin
  readonly topic: (name: string, partitions?: number) => Promise<string>
  readonly writing: RecordEncryption
  readonly reading: RecordEncryption
  /** The keys as the reader reaches them. */
  readonly keys: InMemoryKmsAdmin
}

export async function createWorld(
  brokers: readonly string[],
  options: Partial<RecordEncryptionOptions> = {},
  config: Partial<KafkaConfig> = {},
): Promise<World> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, ...config })
  const admin = kafka.admin()
  await admin.connect()
  const { kms, admin: keys } = createInMemoryKms({
    insecure: 'test-only',
    keks: [{ alias: 'kek' }, { alias: 'other' }],
  })
  const topics = [
    { match: '*.other', kek: 'other' },
    { match: '*.clear', plaintext: 'allow' as const },
    { match: '*', kek: 'kek' },
  ]
  const writing = await createRecordEncryption({ kms, topics })
  const reading = await createRecordEncryption({ kms: keys.connect(), topics, ...options })
  onTestFinished(async () => {
    await admin.disconnect()
    await Promise.all([writing.close(), reading.close()])
    await kms.close()
  })
  const topic = async (name: string, numPartitions = 1): Promise<string> => {
    const full = `${randomUUID()}.${name}`
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: full, numPartitions, replicationFactor: 1 }] })
    return full
  }
  return { kafka, admin, topic, writing, reading, keys }
}

/** Connects clients and disconnects them when the test ends. */
export async function connected<C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
  client: C,
): Promise<C> {
  await client.connect()
  onTestFinished(() => client.disconnect())
  return client
}

/** What a consumer with these settings sees, from the first record on, until there are `count` messages. */
export async function collect(
  consumer: Pick<Consumer, 'subscribe' | 'run'>,
  topics: readonly string[],
  count: number,
): Promise<KafkaMessage[]> {
  const got: KafkaMessage[] = []
  const { promise, resolve } = Promise.withResolvers<undefined>()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      got.push(message)
      if (got.length === count) resolve(undefined)
    },
  })
  await promise
  return got
}

export const newGroup = (): string => `g-${randomUUID()}`
export const text = ({ value }: Pick<KafkaMessage, 'value'>): string | null => value?.toString() ?? null
