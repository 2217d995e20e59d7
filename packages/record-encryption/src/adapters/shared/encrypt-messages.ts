import { describeType } from '@keyfold/kms-api'

import { readRecord } from '../../records/snapshot-record.ts'
import type { KafkaRecord, RecordEncryption } from '../../types.ts'
import { bufferOf, bytesOf } from './client-data.ts'
import type { OutgoingMessage, OutgoingRecord } from './client-types.ts'
import { headersToSend, setHeader, toOutgoingHeaders } from './named-headers.ts'

/** Messages of one topic, snapshotted when `send` was called: later changes of the caller's objects have no effect. */
export interface OutgoingSnapshot {
  readonly topic: string
  readonly messages: readonly OutgoingMessage[]
  readonly records: readonly KafkaRecord[]
  /** Of keys, values and headers. */
  readonly bytes: number
}

/** @throws TypeError for messages that are no array of objects. */
export function snapshotMessages({ topic, messages }: OutgoingRecord): OutgoingSnapshot {
  if (!Array.isArray(messages)) throw new TypeError(`"messages" expected an array, got ${describeType(messages)}`)
  const copies = Array.from(messages as readonly OutgoingMessage[], copyOfMessage)
  const records = copies.map(({ key, value, headers, partition }): KafkaRecord => {
    // An explicit null means "any partition", as undefined does.
    return {
      key: bytesOf(key),
      value: valueOf(value),
      headers: toOutgoingHeaders(headers),
      partition: partition ?? undefined,
    }
  })
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
  return { topic, messages: copies, records, bytes }
}

/**
 * Encrypts messages of one topic. Keys, partitions, headers that stay outside and all else have the types that the caller gave, so that a partitioner sees
 * what it saw without encryption; values are Buffers.
 */
export async function encryptMessages(
  encryption: RecordEncryption,
  { topic, messages, records }: OutgoingSnapshot,
): Promise<OutgoingMessage[]> {
  const encrypted = await encryption.encrypt(topic, records)
  return encrypted.map(({ value, headers }, i) => {
    const message = messages[i] as OutgoingMessage
    const before = records[i]?.headers ?? []
    // A message without headers keeps none, where it leaves in clear.
    if (headers.length === 0 && before.length === 0) return { ...message, value: bufferOf(value) }
    return { ...message, value: bufferOf(value), headers: headersToSend(message.headers, before, headers) }
  })
}

/** Only null is a tombstone: a value that was forgotten must not become one. */
function valueOf(value: OutgoingMessage['value'] | undefined): Uint8Array | null {
  return value === undefined ? (value as never) : bytesOf(value)
}

function copyOfMessage(message: OutgoingMessage | null, i: number): OutgoingMessage {
  if (typeof message !== 'object' || message === null)
    throw new TypeError(`"messages[${i}]" expected an object, got ${String(message)}`)
  const copy = readRecord(message)
  const { headers } = copy
  if (headers === undefined || headers === null) return copy
  const copied = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    setHeader(copied, name, Array.isArray(value) ? Array.from(value as readonly unknown[]) : value)
  }
  return { ...copy, headers: copied }
}

/** What has the wrong type counts for nothing: record encryption rejects it. */
function sizeOf({ key, value, headers = [] }: KafkaRecord): number {
  return headers.reduce((sum, header) => sum + lengthOf(header.value), lengthOf(key) + lengthOf(value))
}

function lengthOf(bytes: unknown): number {
  return bytes instanceof Uint8Array ? bytes.byteLength : 0
}
