import type { RecordEncryption } from '../../types.ts'
import { checkAdapterOptions } from '../shared/adapter-options.ts'
import type { MessagePayload, RunOptions } from '../shared/client-types.ts'
import { ConsumerSession } from '../shared/consumer-session.ts'
import { delegateTo } from '../shared/delegate.ts'
import type { TopicPartitions } from '../shared/pause-ledger.ts'
import { runEachBatch } from '../shared/run-each-batch.ts'
import { runEachMessage } from '../shared/run-each-message.ts'
import { deadLetterSender, type DeadLetterOptions } from './dead-letter-sender.ts'
import { followEvents } from './follow-events.ts'

/** What a kafkajs consumer, or a mock of one, must have. */
export interface ConsumerLike {
  run(config?: never): Promise<unknown>
}

/** Options of {@link decryptedConsumer}. */
export interface DecryptedConsumerOptions {
  /**
   * Where records go that cannot be decrypted or that the rule rejects, instead of failing the handler or being left out. `producer` is used below a wrapper;
   * it must be connected.
   */
  readonly deadLetter?: DeadLetterOptions | undefined
  /**
   * `false` keeps the client's own `eachMessage` and decrypts one record a call, for instrumentation that hooks into it. An outage of the key management system then
   * holds up the other partitions too. Default true.
   */
  readonly decryptAhead?: boolean | undefined
}

/** The members of kafkajs's consumer that the wrapper replaces or uses. */
interface Client {
  run(config?: object): Promise<unknown>
  stop(...args: readonly unknown[]): Promise<unknown>
  disconnect(...args: readonly unknown[]): Promise<unknown>
  pause(topics: readonly TopicPartitions[]): unknown
  resume(topics: readonly TopicPartitions[]): unknown
}

export const CONSUMER_OPTIONS = ['deadLetter', 'decryptAhead']

/**
 * Returns a consumer whose handlers get decrypted messages and which is otherwise the given one: same members, same types. {@link infoOf} returns what
 * happened to a message.
 *
 * A record that is rejected is settled when its turn comes: by `onDecryptError`, by a dead letter, or by an error of the handler. An outage of the key management
 * system is waited out with heartbeats for a few seconds; then the partition is paused and tried again later, and the other partitions go on.
 *
 * ```ts
 * const consumer = decryptedConsumer(kafka.consumer({ groupId }), encryption, { deadLetter: { producer, topic: 'payments.dlq' } })
 * ```
 *
 * @throws TypeError for a consumer that is wrapped already, or for options that do not exist.
 */
export function decryptedConsumer<C extends ConsumerLike>(
  consumer: C,
  encryption: RecordEncryption,
  options: DecryptedConsumerOptions = {},
): C {
  checkAdapterOptions(options, CONSUMER_OPTIONS)
  const client = consumer as unknown as Client
  const decryptAhead = options.decryptAhead !== false
  const sender = options.deadLetter === undefined ? undefined : deadLetterSender(options.deadLetter)
  const session = new ConsumerSession(encryption, sender)

  const wrapper = delegateTo(consumer, {
    run: (config: RunOptions = {}): Promise<unknown> => {
      session.start()
      return client.run(configure(config))
    },
    pause: (topics: readonly TopicPartitions[]): unknown => {
      const result = client.pause(topics)
      session.ledger.paused(topics)
      return result
    },
    resume: (topics: readonly TopicPartitions[]): unknown => {
      session.ledger.resumed(topics)
      return client.resume(topics)
    },
    stop: (...args: readonly unknown[]): Promise<unknown> => {
      session.stop()
      return client.stop(...args)
    },
    disconnect: (...args: readonly unknown[]): Promise<unknown> => {
      session.stop()
      return client.disconnect(...args)
    },
  })
  followEvents(consumer, session)
  return wrapper

  /** As in kafkajs, `eachMessage` goes first where both are given. */
  function configure(config: RunOptions): RunOptions {
    const { eachMessage, eachBatch, ...rest } = config
    const commits = config.autoCommit !== false
    if (typeof eachMessage === 'function') {
      if (!decryptAhead) return { ...rest, eachMessage: (payload) => runOne(payload, eachMessage) }
      return {
        ...rest,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => runEachMessage(session, payload, { handle: eachMessage, commits }),
      }
    }
    if (typeof eachBatch !== 'function') return config
    const resolves = config.eachBatchAutoResolve !== false
    return {
      ...rest,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => runEachBatch(session, payload, { handle: eachBatch, resolves, commits }),
    }
  }

  /** The client resolves the record when this returns: an outage is waited out here. */
  async function runOne(payload: MessagePayload, handle: NonNullable<RunOptions['eachMessage']>): Promise<void> {
    const { topic, partition, message } = payload
    const { stopped } = session
    const pulse = { heartbeat: () => payload.heartbeat(), isActive: () => !stopped.aborted, stopped }
    const outcomes = await session.decrypt({ topic, partition }, [message], pulse, 'forever')
    if (outcomes === undefined) throw new Error('the consumer was stopped before the record was decrypted')
    const opened =
      session.openedAt(outcomes, 0, message) ??
      (await session.settle({ topic, partition }, outcomes, 0, message, pulse))
    if (opened !== undefined) await handle({ ...payload, message: opened })
  }
}
