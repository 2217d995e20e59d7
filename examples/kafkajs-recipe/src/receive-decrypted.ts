import type { EachBatchHandler, EachMessageHandler, KafkaMessage } from 'kafkajs'

import type { RecordEncryption } from '@keyfold/record-encryption'

import { toMessage, toRecord } from './messages.ts'

/** A message as its sender wrote it, with its partition and with `keyfold`, which says what happened to it. */
export type DecryptedMessage = Awaited<ReturnType<typeof open>>[number]

/** Partition and offset decide where the rule has `allowBefore`, the partition also where it is bound. */
async function open(encryption: RecordEncryption, topic: string, partition: number, messages: readonly KafkaMessage[]) {
  const opened = await encryption.decrypt(
    topic,
    messages.map((message) => toRecord({ ...message, partition })),
  )
  return opened.map((each) => toMessage(each))
}

/** For `consumer.run({ eachMessage })`. */
export function eachDecrypted(
  encryption: RecordEncryption,
  handle: (message: DecryptedMessage, topic: string) => Promise<void>,
): EachMessageHandler {
  return async ({ topic, partition, message }) => {
    // None where `onDecryptError` left it out: kafkajs then goes on to the next.
    for (const opened of await open(encryption, topic, partition, [message])) await handle(opened, topic)
  }
}

/** For `consumer.run({ eachBatchAutoResolve: false, eachBatch })`: faster, a whole fetch is decrypted in one call. */
export function eachDecryptedBatch(
  encryption: RecordEncryption,
  handle: (message: DecryptedMessage, topic: string) => Promise<void>,
): EachBatchHandler {
  return async ({ batch, heartbeat, isRunning, isStale, resolveOffset }) => {
    const opened = await open(encryption, batch.topic, batch.partition, batch.messages)
    for (const message of opened) {
      if (!isRunning() || isStale()) return
      await handle(message, batch.topic)
      resolveOffset(message.offset)
      await heartbeat()
    }
    // Also behind messages that `onDecryptError` left out at the end.
    resolveOffset(batch.lastOffset())
  }
}
