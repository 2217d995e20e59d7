import { Buffer } from 'node:buffer'

import type { KafkaRecord, RecordHeader } from '@keyfold/record-encryption'

type Data = Buffer | string

/** What messages to send and received messages have in common. */
export interface Message {
  readonly key?: Data | null | undefined
  readonly value: Data | null
  readonly headers?: Readonly<Record<string, Data | Data[] | undefined>> | undefined
}

/** A message as a record. Strings become the bytes that kafkajs sends for them; whatever else the message has stays. */
export function toRecord<M extends Message>({ key, value, headers, ...rest }: M) {
  return {
    ...rest,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.entries(headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map((each): RecordHeader => ({ key: name, value: bytesOf(each) })),
    ),
  }
}

/** A record as a message: Buffers, which kafkajs insists on, and one entry a header name, which is an array where the name is repeated. */
export function toMessage<R extends KafkaRecord>({ key, value, headers, ...rest }: R) {
  const values = new Map<string, Buffer[]>()
  // kafkajs cannot send a header without a value: it becomes an empty one.
  for (const each of headers ?? [])
    values.set(each.key, [...(values.get(each.key) ?? []), bufferOf(each.value) ?? Buffer.alloc(0)])
  return {
    ...rest,
    key: bufferOf(key),
    value: bufferOf(value),
    headers: Object.fromEntries([...values].map(([name, buffers]) => [name, oneOrMany(buffers)])),
  }
}

function oneOrMany(buffers: Buffer[]): Buffer | Buffer[] {
  const [first, ...more] = buffers
  return first === undefined || more.length > 0 ? buffers : first
}

function bytesOf(data: Data | null | undefined): Uint8Array | null {
  return typeof data === 'string' ? Buffer.from(data) : (data ?? null)
}

/** The same bytes, not a copy. */
function bufferOf(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : null
}
