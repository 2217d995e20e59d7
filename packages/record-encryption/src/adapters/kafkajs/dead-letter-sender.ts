import { bufferOf } from '../shared/client-data.ts'
import type { SendDeadLetter } from '../shared/consumer-session.ts'
import { deadLetterHeaders } from '../shared/dead-letter.ts'
import { unwrapped } from '../shared/delegate.ts'
import { toHeaderList, toNamedHeaders } from '../shared/named-headers.ts'
import type { ProducerLike } from './encrypted-producer.ts'

/** Where rejected records go. */
export interface DeadLetterOptions {
  readonly producer: ProducerLike
  readonly topic: string
}

/**
 * Sends rejected records, as fetched, to another topic. The client below a wrapped producer sends them, because the wrapper would reject a record that has the
 * marker; the source's partition is not kept, because it may not exist there.
 *
 * @throws TypeError for options of the wrong type.
 */
export function deadLetterSender({ producer, topic: target }: DeadLetterOptions): SendDeadLetter {
  if (typeof (producer as Partial<ProducerLike> | undefined)?.send !== 'function')
    throw new TypeError('"options.deadLetter.producer" expected a producer of kafkajs')
  if (typeof target !== 'string' || target === '')
    throw new TypeError('"options.deadLetter.topic" expected a topic name')
  const client = unwrapped<unknown>(producer) as { send(record: object): Promise<unknown> }
  return async ({ topic, partition }, { key, value, headers, offset }, error) => {
    // It would be read, rejected and written for ever.
    if (topic === target) throw new Error(`topic "${topic}" is its own dead-letter topic; name another one`)
    const list = deadLetterHeaders(toHeaderList(headers), { topic, partition, offset }, error)
    const message = { key: bufferOf(key ?? null), value: bufferOf(value), headers: toNamedHeaders(list) }
    const response = await client.send({ topic: target, messages: [message] })
    if (Array.isArray(response) && response.length === 0)
      throw new Error(`kafkajs dropped a record for topic "${target}": its partition does not exist`)
  }
}
