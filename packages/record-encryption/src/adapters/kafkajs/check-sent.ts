import type { OutgoingMessage } from '../shared/client-types.ts'
import { RecordsNotSentError, type RecordNotSent } from './records-not-sent-error.ts'

interface Sent {
  readonly topic: string
  readonly messages: readonly OutgoingMessage[]
}

/**
 * Compares what was sent with kafkajs's response, which names the partitions that took records: kafkajs drops records for partitions that do not exist, also out
 * of a send whose other records arrive.
 *
 * A custom partitioner may choose another partition than a message names; what it loses is found only where a topic lost everything.
 *
 * @throws RecordsNotSentError
 */
export function checkSent(sent: readonly Sent[], response: unknown, acks: number | undefined): void {
  if (acks === 0 || !Array.isArray(response)) return
  const partitions = partitionsByTopic(response)
  const notSent: RecordNotSent[] = []
  let total = 0
  for (const { topic, messages } of sent) {
    total += messages.length
    const taken = partitions.get(topic) ?? new Set<number>()
    if (taken.size > 0 && ignoresPartitions(messages, taken)) continue
    messages.forEach(({ partition }, index) => {
      if (partition === undefined || partition === null) {
        if (taken.size === 0) notSent.push({ topic, index })
      } else if (!taken.has(numberOf(partition))) notSent.push({ topic, index, partition })
    })
  }
  if (notSent.length > 0) throw new RecordsNotSentError(notSent, total)
}

function partitionsByTopic(response: readonly unknown[]): Map<string, Set<number>> {
  const partitions = new Map<string, Set<number>>()
  for (const each of response as readonly { readonly topicName?: string; readonly partition?: number }[]) {
    if (each.topicName === undefined) continue
    const of = partitions.get(each.topicName) ?? new Set()
    partitions.set(each.topicName, of.add(each.partition ?? -1))
  }
  return partitions
}

/** kafkajs takes `'1'` as well, although its types do not. */
function numberOf(partition: unknown): number {
  return Number(partition)
}

/** Records went elsewhere than any message names: a custom partitioner chose. */
function ignoresPartitions(messages: readonly OutgoingMessage[], taken: ReadonlySet<number>): boolean {
  const named = new Set<number>()
  for (const { partition } of messages) {
    if (partition === undefined || partition === null) return false
    named.add(numberOf(partition))
  }
  return [...taken].some((partition) => !named.has(partition))
}
