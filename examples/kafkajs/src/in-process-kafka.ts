import { Buffer } from 'node:buffer'

import type { ConsumerRunConfig, EachBatchPayload, Kafka, KafkaMessage, Message, ProducerRecord } from 'kafkajs'

/** As much of kafkajs as this example calls, over an array instead of a broker, so that the example runs everywhere. Not Kafka. */
export function inProcessKafka(): Pick<Kafka, 'producer' | 'consumer'> & { readonly log: KafkaMessage[] } {
  const log: KafkaMessage[] = []
  const done = (): Promise<void> => Promise.resolve()
  const producer = {
    connect: done,
    disconnect: done,
    send: ({ topic, messages }: ProducerRecord) => {
      for (const message of messages) log.push(stored(message, log.length))
      return Promise.resolve([{ topicName: topic, partition: 0, errorCode: 0 }])
    },
  }
  let topic = ''
  const consumer = {
    connect: done,
    disconnect: done,
    subscribe: (subscription: { readonly topic: string }) => {
      topic = subscription.topic
      return done()
    },
    run: async ({ eachBatch }: ConsumerRunConfig) => {
      const batch = { topic, partition: 0, messages: log, lastOffset: () => String(log.length - 1) }
      const payload = { batch, resolveOffset: () => undefined, heartbeat: done, commitOffsetsIfNecessary: done }
      await eachBatch?.({ ...payload, isRunning: () => true, isStale: () => false } as unknown as EachBatchPayload)
    },
  }
  return { log, producer: () => producer, consumer: () => consumer } as unknown as ReturnType<typeof inProcessKafka>
}

function stored({ key, value, headers }: Message, offset: number): KafkaMessage {
  const bytes = (data: Buffer | string | null | undefined): Buffer | null =>
    typeof data === 'string' ? Buffer.from(data) : (data ?? null)
  const named = Object.entries(headers ?? {}).map(([name, values]) => {
    const all = [values].flat().map((each) => bytes(each) ?? Buffer.alloc(0))
    return [name, all.length === 1 ? (all[0] ?? []) : all] as const
  })
  const fields = { key: bytes(key), value: bytes(value), headers: Object.fromEntries(named) }
  return { ...fields, offset: String(offset), timestamp: '0', attributes: 0 }
}
