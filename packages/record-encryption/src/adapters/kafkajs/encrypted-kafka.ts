import { adapterContextOf } from '../../decrypt/decrypt-each.ts'
import type { RecordEncryption } from '../../types.ts'
import { checkAdapterOptions } from '../shared/adapter-options.ts'
import { delegateTo } from '../shared/delegate.ts'
import {
  CONSUMER_OPTIONS,
  decryptedConsumer,
  type ConsumerLike,
  type DecryptedConsumerOptions,
} from './decrypted-consumer.ts'
import {
  encryptedProducer,
  PRODUCER_OPTIONS,
  type EncryptedProducerOptions,
  type ProducerLike,
} from './encrypted-producer.ts'

/** What a `Kafka` of kafkajs, or a mock of one, must have. */
export interface KafkaLike {
  producer(config?: never): ProducerLike
  consumer(config: never): ConsumerLike
}

/** Options of {@link encryptedKafka}: of all producers and consumers that it makes. */
export type EncryptedKafkaOptions = EncryptedProducerOptions & DecryptedConsumerOptions

interface Client {
  producer(...args: readonly unknown[]): ProducerLike
  consumer(...args: readonly unknown[]): ConsumerLike
}

/**
 * Returns a `Kafka` whose producers encrypt and whose consumers decrypt, for frameworks that make their own clients. Its other members are those of the given one.
 *
 * @throws TypeError for a client that is wrapped already, or for options that do not exist.
 */
export function encryptedKafka<K extends KafkaLike>(
  kafka: K,
  encryption: RecordEncryption,
  options: EncryptedKafkaOptions = {},
): K {
  adapterContextOf(encryption)
  checkAdapterOptions(options, [...PRODUCER_OPTIONS, ...CONSUMER_OPTIONS])
  const client = kafka as unknown as Client
  const { maxWaitingBytes, deadLetter, decryptAhead } = options
  return delegateTo(kafka, {
    producer: (...args: readonly unknown[]) =>
      encryptedProducer(client.producer(...args), encryption, { maxWaitingBytes }),
    consumer: (...args: readonly unknown[]) =>
      decryptedConsumer(client.consumer(...args), encryption, { deadLetter, decryptAhead }),
  })
}
