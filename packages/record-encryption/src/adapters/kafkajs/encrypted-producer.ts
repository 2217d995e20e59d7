import { adapterContextOf } from '../../decrypt/decrypt-each.ts'
import type { RecordEncryption } from '../../types.ts'
import { checkAdapterOptions } from '../shared/adapter-options.ts'
import type { OutgoingBatch, OutgoingRecord } from '../shared/client-types.ts'
import { delegateTo, unwrapped } from '../shared/delegate.ts'
import { encryptMessages, snapshotMessages, type OutgoingSnapshot } from '../shared/encrypt-messages.ts'
import { SendQueue } from '../shared/send-queue.ts'
import { checkSent } from './check-sent.ts'

/** What a kafkajs producer, or a mock of one, must have. */
export interface ProducerLike {
  send(record: never): Promise<unknown>
}

/** Options of {@link encryptedProducer}. */
export interface EncryptedProducerOptions {
  /** Bytes of keys and values that may wait to be encrypted; a send over it rejects with `SEND_QUEUE_FULL`. Default 64 MiB. */
  readonly maxWaitingBytes?: number | undefined
}

/** The members of kafkajs's producers and transactions that the wrapper replaces. */
interface Client {
  send(record: object): Promise<unknown>
  sendBatch(batch: object): Promise<unknown>
  sendOffsets(offsets: object): Promise<unknown>
  transaction(...args: readonly unknown[]): Promise<Client>
  commit(...args: readonly unknown[]): Promise<unknown>
  abort(...args: readonly unknown[]): Promise<unknown>
  disconnect(...args: readonly unknown[]): Promise<unknown>
}

export const PRODUCER_OPTIONS = ['maxWaitingBytes']

/**
 * Returns a producer that encrypts what it sends and is otherwise the given one: same members, same types. Transactions that it begins encrypt as well.
 *
 * Sends reach the client in the order of the calls, also those that are not awaited. All records of a send are encrypted before any is sent; if the key management
 * system fails, none is. The caller's messages and options are never changed.
 *
 * ```ts
 * const producer = encryptedProducer(kafka.producer(), encryption)
 * ```
 *
 * @throws TypeError for a producer that is wrapped already, or for options that do not exist.
 */
export function encryptedProducer<P extends ProducerLike>(
  producer: P,
  encryption: RecordEncryption,
  options: EncryptedProducerOptions = {},
): P {
  adapterContextOf(encryption)
  checkAdapterOptions(options, PRODUCER_OPTIONS)
  return wrapSender(producer, encryption, options.maxWaitingBytes)
}

function wrapSender<P extends object>(producer: P, encryption: RecordEncryption, maxBytes: number | undefined): P {
  const client = producer as unknown as Client
  const queue = new SendQueue(maxBytes)
  const afterSends =
    (name: 'commit' | 'abort' | 'disconnect') =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      await queue.settled()
      return client[name](...args)
    }

  return delegateTo(producer, {
    send: async (record: OutgoingRecord): Promise<unknown> => {
      const options = { ...record }
      const snapshot = snapshotMessages(record)
      return await enqueue([snapshot], options.acks, ([messages]) =>
        client.send({ ...options, topic: snapshot.topic, messages }),
      )
    },
    sendBatch: async (batch: OutgoingBatch): Promise<unknown> => {
      const options = { ...batch }
      const groups = Array.from(options.topicMessages ?? [], (each) => ({ ...each }))
      const snapshots = groups.map((each) => snapshotMessages(each))
      return await enqueue(snapshots, options.acks, (messages) => {
        const topicMessages = groups.map((each, i) => ({ ...each, messages: messages[i] }))
        return client.sendBatch({ ...options, topicMessages })
      })
    },
    transaction: async (...args: readonly unknown[]): Promise<unknown> => {
      return wrapSender(await client.transaction(...args), encryption, maxBytes)
    },
    sendOffsets: async (offsets: { readonly consumer?: unknown }): Promise<unknown> => {
      await queue.settled()
      return client.sendOffsets(
        offsets.consumer === undefined ? offsets : { ...offsets, consumer: unwrapped(offsets.consumer) },
      )
    },
    commit: afterSends('commit'),
    abort: afterSends('abort'),
    disconnect: afterSends('disconnect'),
  })

  async function enqueue(
    snapshots: readonly OutgoingSnapshot[],
    acks: number | undefined,
    start: (messages: readonly object[][]) => Promise<unknown>,
  ): Promise<unknown> {
    const response = await queue.send({
      topics: [...new Set(snapshots.map(({ topic }) => topic))],
      bytes: snapshots.reduce((sum, { bytes }) => sum + bytes, 0),
      prepare: () => Promise.all(snapshots.map((each) => encryptMessages(encryption, each))),
      start,
    })
    checkSent(snapshots, response, acks)
    return response
  }
}
