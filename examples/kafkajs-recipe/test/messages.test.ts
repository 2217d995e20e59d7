import { Buffer } from 'node:buffer'

import type { EachBatchPayload, EachMessagePayload, KafkaMessage, Message, ProducerRecord } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, isRecordError, type RecordEncryption } from '@keyfold/record-encryption'

import { toMessage, toRecord } from '../src/messages.ts'
import { eachDecrypted, eachDecryptedBatch, type DecryptedMessage } from '../src/receive-decrypted.ts'
import { sendEncrypted } from '../src/send-encrypted.ts'

const MARKER = 'kroxylicious.io/encryption'
const bytes = (text: string): Buffer => Buffer.from(text)

let encryption: RecordEncryption
let closeKms: () => Promise<void>

beforeEach(async () => {
  const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK-payments' }] })
  encryption = await createRecordEncryption({
    kms,
    topics: [{ match: 'payments', kek: 'KEK-payments' }],
    onDecryptError: 'skip',
  })
  closeKms = () => kms.close()
})
afterEach(async () => {
  await encryption.close()
  await closeKms()
})

/** What the producer was given. */
async function sent(record: ProducerRecord): Promise<ProducerRecord> {
  const given: ProducerRecord[] = []
  await sendEncrypted({ send: async (each) => (given.push(each), []) }, encryption, record)
  return given[0]!
}

/** What kafkajs hands to a consumer for it: a name with one value has no array, an offset is a string. */
function received(messages: readonly Message[]): KafkaMessage[] {
  return messages.map((message, index) => ({
    key: message.key as Buffer | null,
    value: message.value as Buffer | null,
    headers: message.headers!,
    timestamp: '1732233600000',
    attributes: 0,
    offset: String(index),
  }))
}

async function open(messages: readonly KafkaMessage[]): Promise<DecryptedMessage[]> {
  const opened: DecryptedMessage[] = []
  const handler = eachDecrypted(encryption, async (message) => void opened.push(message))
  for (const message of messages) await handler({ topic: 'payments', partition: 0, message } as EachMessagePayload)
  return opened
}

describe('a message', () => {
  it.each<[string, Message, Pick<KafkaMessage, 'key' | 'value'> & { headers: object }]>([
    [
      'of strings',
      { key: 'alice', value: 'é', headers: { a: 'x' } },
      { key: bytes('alice'), value: bytes('é'), headers: { a: bytes('x') } },
    ],
    [
      'of Buffers',
      { key: bytes('a'), value: bytes(''), headers: {} },
      { key: bytes('a'), value: bytes(''), headers: {} },
    ],
    [
      'with a repeated header',
      { value: 'v', headers: { a: ['x', bytes('y')], b: 'z' } },
      { key: null, value: bytes('v'), headers: { a: [bytes('x'), bytes('y')], b: bytes('z') } },
    ],
    [
      'with an array of one header',
      { value: 'v', headers: { a: ['x'] } },
      { key: null, value: bytes('v'), headers: { a: bytes('x') } },
    ],
    [
      'with a header that has a name of objects',
      { value: 'v', headers: Object.fromEntries([['__proto__', 'x']]) },
      { key: null, value: bytes('v'), headers: Object.fromEntries([['__proto__', bytes('x')]]) },
    ],
    ['that is a tombstone', { key: 'alice', value: null }, { key: bytes('alice'), value: null, headers: {} }],
  ])('%s arrives as it was sent', async (_, message, expected) => {
    const { messages } = await sent({ topic: 'payments', messages: [message] })
    const [opened] = await open(received(messages))
    expect({ key: opened?.key, value: opened?.value, headers: opened?.headers }).toEqual(expected)
    expect(opened).toMatchObject({
      partition: 0,
      offset: '0',
      timestamp: '1732233600000',
      keyfold: { status: message.value === null ? 'clear' : 'decrypted' },
    })
  })

  it('leaves encrypted, as Buffers, with its partition and timestamp and the options of the call', async () => {
    const record = await sent({
      topic: 'payments',
      acks: 1,
      messages: [{ key: 'alice', value: '42.00 EUR', partition: 3, timestamp: '5', headers: { a: 'x' } }],
    })
    expect(record).toMatchObject({
      topic: 'payments',
      acks: 1,
      messages: [{ key: bytes('alice'), partition: 3, timestamp: '5' }],
    })
    const [message] = record.messages
    expect(Buffer.isBuffer(message?.value) && message.value.includes('42.00')).toBe(false)
    expect(Buffer.isBuffer(message?.value)).toBe(true)
    expect(Object.keys(message?.headers ?? {})).toEqual([MARKER, 'a'])
  })

  it('is not sent when it cannot be encrypted', async () => {
    const send = sent({ topic: 'unknown', messages: [{ value: 'v' }] })
    expect(isRecordError(await send.catch((error: unknown) => error), 'RECORD_NO_RULE')).toBe(true)
  })

  it('keeps null where a received header has no value as an empty value', () => {
    const headers = { a: null } as unknown as Record<string, Buffer>
    expect(toRecord({ value: null, headers }).headers).toEqual([{ key: 'a', value: null }])
    expect(toMessage(toRecord({ value: null, headers })).headers).toEqual({ a: Buffer.alloc(0) })
  })
})

describe('a batch', () => {
  const payload = (messages: KafkaMessage[], resolved: string[], running = () => true): EachBatchPayload =>
    ({
      batch: { topic: 'payments', partition: 0, messages, lastOffset: () => messages.at(-1)!.offset },
      heartbeat: () => Promise.resolve(),
      isRunning: running,
      isStale: () => false,
      resolveOffset: (offset: string) => void resolved.push(offset),
    }) as unknown as EachBatchPayload

  it('is handled in order; what is refused is left out and resolved with the last', async () => {
    const { messages } = await sent({ topic: 'payments', messages: ['1', '2', '3', '4'].map((value) => ({ value })) })
    const batch = received(messages)
    batch[1]!.value = bytes('not encrypted like this')
    batch[3]!.headers = {}
    const [values, resolved]: string[][] = [[], []]
    await eachDecryptedBatch(
      encryption,
      async ({ value }) => void values!.push(String(value)),
    )(payload(batch, resolved!))
    expect([values, resolved]).toEqual([
      ['1', '3'],
      ['0', '2', '3'],
    ])
  })

  it('is left where it is when the consumer stops', async () => {
    const { messages } = await sent({ topic: 'payments', messages: ['1', '2'].map((value) => ({ value })) })
    const resolved: string[] = []
    await eachDecryptedBatch(
      encryption,
      async () => undefined,
    )(payload(received(messages), resolved, () => resolved.length === 0))
    expect(resolved).toEqual(['0'])
  })
})
