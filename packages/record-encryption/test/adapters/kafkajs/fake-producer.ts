import { Buffer } from 'node:buffer'

import type { IHeaders, Message, Producer, ProducerBatch, ProducerRecord, RecordMetadata } from 'kafkajs'

/** What reached the client, in order: one entry for each started `send` or `sendBatch`. */
export interface FakeProducer {
  readonly producer: Producer
  readonly sent: { readonly call: string; readonly argument: ProducerRecord & ProducerBatch }[]
  /** Names of the calls that are no sends, in order with `sent`. */
  readonly calls: string[]
  /** Replaces the response of a send. */
  respond: (topicMessages: readonly ProducerRecord[]) => Promise<unknown>
}

/** A producer of kafkajs's shape over topics of three partitions. Like kafkajs, it drops records for other partitions and says nothing. */
export function fakeProducer(): FakeProducer {
  const fake: FakeProducer = {
    sent: [],
    calls: [],
    respond: async (topicMessages) => topicMessages.flatMap(metadataOf),
    producer: undefined as never,
  }
  const sender = (prefix: string) => ({
    send: async (argument: ProducerRecord) => {
      fake.calls.push(`${prefix}send`)
      fake.sent.push({ call: `${prefix}send`, argument })
      return argument.acks === 0 ? [] : await fake.respond([argument])
    },
    sendBatch: async (argument: ProducerBatch) => {
      fake.calls.push(`${prefix}sendBatch`)
      fake.sent.push({ call: `${prefix}sendBatch`, argument: { topic: '', messages: [], ...argument } })
      return await fake.respond(argument.topicMessages ?? [])
    },
  })
  const note =
    <T>(name: string, result: T) =>
    async (): Promise<T> => {
      fake.calls.push(name)
      return result
    }
  const transaction = {
    ...sender('tx.'),
    commit: note('tx.commit', undefined),
    abort: note('tx.abort', undefined),
    sendOffsets: async (offsets: unknown) => {
      fake.calls.push('tx.sendOffsets')
      fake.sent.push({ call: 'tx.sendOffsets', argument: offsets as never })
    },
    isActive: () => true,
  }
  const producer = {
    ...sender(''),
    connect: note('connect', undefined),
    disconnect: note('disconnect', undefined),
    isIdempotent: () => false,
    events: { CONNECT: 'producer.connect' },
    on: () => () => undefined,
    transaction: note('transaction', transaction),
    logger: () => ({}),
  }
  return Object.assign(fake, { producer: producer as unknown as Producer })
}

function metadataOf({ topic, messages }: ProducerRecord): RecordMetadata[] {
  const partitions = new Set(
    messages.map(({ partition }) => Number(partition as unknown) || 0).filter((each) => each >= 0 && each < 3),
  )
  return [...partitions].map((partition) => ({ topicName: topic, partition, errorCode: 0 }))
}

/** The messages of one send. */
export function messagesOf(fake: FakeProducer, i = 0): Message[] {
  const argument: Partial<ProducerRecord & ProducerBatch> = fake.sent[i]?.argument ?? {}
  return argument.topicMessages?.flatMap((each) => each.messages) ?? argument.messages ?? []
}

/** Headers as they would arrive: kafkajs sends own members in order. */
export const arriving = (headers: IHeaders | undefined): IHeaders =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? Buffer.from(value) : value,
    ]),
  )
