import { Buffer } from 'node:buffer'

import { mayPassRaw } from '../../errors/may-pass-raw.ts'
import type { RecordError } from '../../errors/record-error.ts'
import type { RecordHeader } from '../../records/kafka-record.ts'

/** Headers that Keyfold writes on a dead letter. */
const PREFIX = 'keyfold.dlq.'
const NOTHING = Buffer.alloc(0)

/** Where a rejected record was read. */
export interface DeadLetterPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/**
 * Returns the headers of a dead letter: those of the record as fetched, and where it was read and why it was rejected.
 *
 * Incoming headers with the prefix are removed, because the sender of a record would otherwise say where it came from. The reason is one of two words: readers
 * of dead letters must not learn how an unwrap or an authentication failed. A header without a value, which kafkajs and Confluent's client cannot send, becomes an
 * empty one, so that every record can be sent.
 */
export function deadLetterHeaders(
  fetched: readonly RecordHeader[],
  { topic, partition, offset }: DeadLetterPlace,
  error: Pick<RecordError, 'code'>,
): RecordHeader[] {
  const kept = fetched
    .filter(({ key }) => !key.toLowerCase().startsWith(PREFIX))
    .map(({ key, value }) => ({ key, value: value ?? NOTHING }))
  const own = { topic, partition: String(partition), offset, reason: reasonOf(error) }
  return [...kept, ...Object.entries(own).map(([name, text]) => ({ key: PREFIX + name, value: Buffer.from(text) }))]
}

/** `rejected`: a policy of the rule rejects the record; `undecryptable`: it cannot be decrypted. */
function reasonOf({ code }: Pick<RecordError, 'code'>): 'undecryptable' | 'rejected' {
  return mayPassRaw(code) || code === 'RECORD_KEY_AHEAD' ? 'undecryptable' : 'rejected'
}
