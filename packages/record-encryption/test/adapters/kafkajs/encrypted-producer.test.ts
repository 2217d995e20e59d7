import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'

import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'

import { KmsUnavailableError } from '@keyfold/kms-api'

import { encryptedKafka, encryptedProducer, RecordsNotSentError } from '../../../src/adapters/kafkajs/index.ts'
import { toHeaderList } from '../../../src/adapters/shared/named-headers.ts'
import { failing, setUp, textOf } from '../../records/support.ts'
import { arriving, fakeProducer, messagesOf } from './fake-producer.ts'

const MARKER = 'kroxylicious.io/encryption'
const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'resolveKek' })

const wrapped = async (options: Parameters<typeof setUp>[0] = {}) => {
  const at = await setUp({
    topics: [
      { match: 'clear', plaintext: 'allow' },
      { match: '*', kek: 'kek' },
    ],
    ...options,
  })
  const fake = fakeProducer()
  return { ...at, fake, producer: encryptedProducer(fake.producer, at.encryption) }
}
type At = Awaited<ReturnType<typeof wrapped>>

/** Opens what the client was given, as a consumer would. */
const opened = async ({ encryption }: At, topic: string, messages: readonly Message[]) =>
  encryption.decrypt(
    topic,
    messages.map(({ key, value, headers }) => ({
      key: typeof key === 'string' ? Buffer.from(key) : key,
      value: value as Buffer | null,
      headers: toHeaderList(arriving(headers)),
    })),
  )

describe('what an encrypted producer sends', () => {
  it('is ciphertext in Buffers, marked first, and opens to what was given', async () => {
    const at = await wrapped()
    const answer = await at.producer.send({
      topic: 't',
      messages: [
        { key: 'k', value: 'text', headers: { trace: ['a', 'b'], other: Buffer.from('c') } },
        { value: Buffer.from('bytes') },
        { value: '' },
      ],
    })
    expect(answer).toEqual([{ topicName: 't', partition: 0, errorCode: 0 }])
    const messages = messagesOf(at.fake)
    for (const { value, headers } of messages) {
      expect(Buffer.isBuffer(value)).toBe(true)
      expect(Object.keys(headers ?? {})[0]).toBe(MARKER)
      expect(String(value)).not.toMatch(/text|bytes/)
    }
    const records = await opened(at, 't', messages)
    expect(records.map(({ value }) => textOf(value))).toEqual(['text', 'bytes', ''])
    expect(records[0]?.headers.map(({ key, value }) => [key, textOf(value)])).toEqual([
      ['trace', 'a'],
      ['trace', 'b'],
      ['other', 'c'],
    ])
    expect(records[0]?.keyfold.bound).toContain('key')
  })

  it('never leaves in clear because its topic is computed and computes something else later', async () => {
    for (const first of ['clear', 't']) {
      for (let honest = 0; honest < 4; honest++) {
        let reads = 0
        const other = first === 't' ? 'clear' : 't'
        const changing = (messages: Message[]) => ({
          get topic() {
            return reads++ < honest ? first : other
          },
          messages,
        })
        const at = await wrapped()
        await at.producer.send(changing([{ value: 'text' }]))
        reads = 0
        await at.producer.sendBatch({ topicMessages: [changing([{ value: 'text' }])] })
        const [one, many] = at.fake.sent.map(({ argument }) => argument)
        for (const { topic, messages } of [one!, many!.topicMessages![0]!])
          expect(String(messages[0]?.value) === 'text', `${topic} after ${honest} reads`).toBe(topic === 'clear')
      }
    }
  })

  it('leaves tombstones null, and a Uint8Array is sent as the Buffer that kafkajs needs', async () => {
    const at = await wrapped()
    await at.producer.send({ topic: 't', messages: [{ key: 'k', value: null }] })
    await at.producer.send({ topic: 'clear', messages: [{ value: new Uint8Array([1, 2]) as Buffer }] })
    expect(messagesOf(at.fake, 0)[0]).toEqual({ key: 'k', value: null })
    expect(messagesOf(at.fake, 1)[0]?.value).toEqual(Buffer.from([1, 2]))
    expect(Buffer.isBuffer(messagesOf(at.fake, 1)[0]?.value)).toBe(true)
  })

  it('gives a partitioner key, partition and headers of the types that the caller gave', async () => {
    const at = await wrapped()
    await at.producer.send({
      topic: 't',
      messages: [
        {
          key: 'text key',
          value: 'v',
          partition: 2,
          timestamp: '7',
          headers: { h: 'text', many: ['x', Buffer.from('y')] },
        },
      ],
    })
    expect(messagesOf(at.fake)[0]).toMatchObject({
      key: 'text key',
      partition: 2,
      timestamp: '7',
      headers: { h: 'text', many: ['x', Buffer.from('y')] },
    })
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '7', 'é'])(
    'keeps a header named %s',
    async (name) => {
      const at = await wrapped()
      const headers = JSON.parse(JSON.stringify({ first: '1' })) as Record<string, string>
      Object.defineProperty(headers, name, { value: 'odd', enumerable: true })
      await at.producer.send({ topic: 't', messages: [{ value: 'v', headers }] })
      const sent = messagesOf(at.fake)[0]?.headers ?? {}
      expect(Object.keys(sent)).toContain(name)
      expect(Object.getOwnPropertyDescriptor(sent, name)?.value).toBe('odd')
      expect(Object.getPrototypeOf(sent)).toBe(Object.prototype)
    },
  )

  it('hides headers where the rule encrypts them', async () => {
    const at = await wrapped({ topics: [{ match: '*', kek: 'kek', encryptHeaders: true }] })
    await at.producer.send({ topic: 't', messages: [{ value: 'v', headers: { secret: 'x' } }] })
    expect(Object.keys(messagesOf(at.fake)[0]?.headers ?? {})).toEqual([MARKER])
    expect((await opened(at, 't', messagesOf(at.fake)))[0]?.headers).toMatchObject([{ key: 'secret' }])
    await at.producer.send({
      topic: 't',
      messages: [{ value: 'v', headers: { a: 'x', b: ['y', 'z'] } }, { value: 'v' }],
    })
    for (const { headers } of messagesOf(at.fake, 1)) expect(Object.keys(headers ?? {})).toEqual([MARKER])
  })

  it("never changes the caller's messages and options, and takes frozen ones", async () => {
    const at = await wrapped()
    const headers = Object.freeze({ h: Object.freeze(['a']) as string[] })
    const message = Object.freeze({ key: 'k', value: 'v', headers })
    const record = Object.freeze({ topic: 't', acks: -1, messages: Object.freeze([message]) as never })
    const before = JSON.stringify(record)
    await at.producer.send(record)
    await at.producer.sendBatch(Object.freeze({ topicMessages: Object.freeze([record]) as never }))
    expect(JSON.stringify(record)).toBe(before)
    expect(at.fake.sent.map(({ argument }) => argument.acks)).toEqual([-1, undefined])
  })

  it('is what the caller gave when it called, whatever it changes before the KMS has responded', async () => {
    const at = await wrapped()
    const headers: Record<string, string[]> = { h: ['a'] }
    const message = { key: 'k', value: 'before', headers, partition: 1 }
    const messages = [message]
    const options = { topic: 't', messages }
    const sending = at.producer.send(options)
    Object.assign(message, { value: 'after', partition: 2 })
    headers['h']?.push('b')
    options.topic = 'clear'
    messages.push(message)
    await sending
    expect(at.fake.sent[0]?.argument.topic).toBe('t')
    expect(messagesOf(at.fake)).toMatchObject([{ partition: 1, headers: { h: ['a'] } }])
    expect(textOf((await opened(at, 't', messagesOf(at.fake)))[0]?.value ?? null)).toBe('before')
  })

  it.each([
    ['a marked message', { headers: { [MARKER]: Buffer.from([2]) }, value: 'v' }, 'RECORD_NESTED'],
    ['no value', { key: 'k' }, undefined],
    ['a number', { value: 3 }, undefined],
    ['a key that is a number', { key: 3, value: 'v' }, undefined],
    ['a header that is a number', { value: 'v', headers: { h: 3 } }, undefined],
    ['a header with a number in it', { value: 'v', headers: { h: ['a', 3] } }, undefined],
    ['no message', null, undefined],
  ])('is nothing at all for %s', async (_, message, code) => {
    const at = await wrapped()
    const sending = at.producer.send({ topic: 't', messages: [{ value: 'good' }, message as never] })
    await expect(sending).rejects.toThrow(code ?? TypeError)
    expect(at.fake.calls).toEqual([])
  })

  it('is nothing at all while the KMS is down, for every topic of a batch', async () => {
    const at = await wrapped()
    at.admin.faults = failing('resolveKek', down)
    const topicMessages = [
      { topic: 'clear', messages: [{ value: 'c' }] },
      { topic: 't', messages: [{ value: 'v' }] },
    ]
    await expect(at.producer.sendBatch({ topicMessages })).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE' })
    expect(at.fake.calls).toEqual([])
  })

  it('names every record that kafkajs drops because its partition does not exist', async () => {
    const at = await wrapped()
    await at.producer.send({ topic: 't', messages: [{ value: 'v', partition: '1' as never }] })
    const messages = [0, 9, 1, -1].map((partition) => ({ value: 'v', partition }))
    const error = await at.producer.send({ topic: 't', messages }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RecordsNotSentError)
    expect(error).toMatchObject({
      code: 'RECORDS_NOT_SENT',
      notSent: [
        { topic: 't', index: 1, partition: 9 },
        { topic: 't', index: 3, partition: -1 },
      ],
    })
    await expect(at.producer.send({ topic: 't', messages: [{ value: 'v', partition: 3 }] })).rejects.toThrow(
      'partition 3',
    )
    await expect(
      at.producer.sendBatch({
        topicMessages: [
          { topic: 't', messages },
          { topic: 'clear', messages: messages.slice(1, 2) },
        ],
      }),
    ).rejects.toThrow('3 of 5 records')
  })

  it('is no error where kafkajs rightly says nothing: acks 0, no messages, a partitioner that chooses otherwise', async () => {
    const at = await wrapped()
    expect(await at.producer.send({ topic: 't', acks: 0, messages: [{ value: 'v', partition: 9 }] })).toEqual([])
    expect(await at.producer.send({ topic: 't', messages: [] })).toEqual([])
    at.fake.respond = async () => [{ topicName: 't', partition: 2 }]
    await at.producer.send({ topic: 't', messages: [{ value: 'v', partition: 0 }] })
    at.fake.respond = async () => undefined
    await at.producer.send({ topic: 't', messages: [{ value: 'v', partition: 0 }] })
    at.fake.respond = async () => []
    await expect(at.producer.send({ topic: 't', messages: [{ value: 'v' }] })).rejects.toThrow('1 of 1')
  })
})

describe('the order of sends', () => {
  it('is that of the calls, also of calls that nobody awaits, and one KMS outage holds up no other topic', async () => {
    const at = await wrapped()
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
    at.admin.faults = async ({ operation }) => {
      if (operation === 'generateDekPair') await released
    }
    const sends = ['1', '2', '3'].map((value) => at.producer.send({ topic: 't', messages: [{ value, key: value }] }))
    await at.producer.send({ topic: 'clear', messages: [{ value: 'now' }] })
    expect(at.fake.sent.map(({ argument }) => argument.topic)).toEqual(['clear'])
    release(undefined)
    await Promise.all(sends)
    const keys = at.fake.sent.slice(1).map(({ argument }) => argument.messages[0]?.key)
    expect(keys).toEqual(['1', '2', '3'])
  })

  it('waits for the start of earlier sends and never for their responses', async () => {
    const at = await wrapped()
    at.fake.respond = () => new Promise(() => undefined)
    for (const value of ['1', '2', '3']) void at.producer.send({ topic: 't', messages: [{ value }] })
    await vi.waitFor(() => {
      expect(at.fake.sent).toHaveLength(3)
    })
  })

  it('goes on after a send that fails', async () => {
    const at = await wrapped()
    const bad = at.producer.send({ topic: 't', messages: [{ value: 3 as never }] })
    const good = at.producer.send({ topic: 't', messages: [{ value: 'v' }] })
    await expect(bad).rejects.toThrow(TypeError)
    await good
    expect(at.fake.calls).toEqual(['send'])
  })

  it('rejects sends beyond the bytes that may wait for the KMS', async () => {
    const { encryption, admin } = await setUp()
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
    admin.faults = () => released
    const fake = fakeProducer()
    const producer = encryptedProducer(fake.producer, encryption, { maxWaitingBytes: 100 })
    await expect(producer.send({ topic: 't', messages: [{ key: 7 as never, value: 'v' }] })).rejects.toThrow(TypeError)
    const large = producer.send({ topic: 't', messages: [{ value: 'x'.repeat(200) }] })
    await expect(producer.send({ topic: 't', messages: [{ value: 'y' }] })).rejects.toMatchObject({
      code: 'SEND_QUEUE_FULL',
    })
    release(undefined)
    await large
    await producer.send({ topic: 't', messages: [{ value: 'y' }] })
    expect(fake.calls).toEqual(['send', 'send'])
  })

  it.each(['commit', 'abort', 'sendOffsets'] as const)('has %s after the sends before it', async (name) => {
    const at = await wrapped()
    const transaction = await at.producer.transaction()
    const sending = transaction.send({ topic: 't', messages: [{ value: 'v' }] })
    const batch = transaction.sendBatch({ topicMessages: [{ topic: 't', messages: [{ value: 'w' }] }] })
    await transaction[name]({ consumerGroupId: 'g', topics: [] })
    expect(at.fake.calls).toEqual(['transaction', 'tx.send', 'tx.sendBatch', `tx.${name}`])
    await Promise.all([sending, batch])
    for (const i of [0, 1]) expect(Object.keys(messagesOf(at.fake, i)[0]?.headers ?? {})).toEqual([MARKER])
  })

  it('has disconnect after the sends before it, although one of them fails', async () => {
    const at = await wrapped()
    const sending = at.producer.send({ topic: 't', messages: [{ value: 'v' }] })
    const failingSend = at.producer.send({ topic: 't', messages: [{ value: 3 as never }] }).catch(() => undefined)
    await at.producer.disconnect()
    expect(at.fake.calls).toEqual(['send', 'disconnect'])
    await Promise.all([sending, failingSend])
  })
})

describe('wrapping a producer', () => {
  const members = (client: object): string[] => Object.keys(client).sort()

  it('covers every member of the installed kafkajs: a new one in a later version makes this fail', async () => {
    const { encryption } = await setUp()
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
    const client = kafka.producer({ transactionalId: 'x', createPartitioner: Partitioners.DefaultPartitioner })
    const known = [
      'connect',
      'disconnect',
      'events',
      'isIdempotent',
      'logger',
      'on',
      'send',
      'sendBatch',
      'transaction',
    ]
    expect(members(client)).toEqual(known)
    expect(Reflect.ownKeys(client).filter((name) => typeof name === 'symbol')).toEqual([])
    expect(Object.getPrototypeOf(client)).toBe(Object.prototype)
    const producer = encryptedProducer(client, encryption)
    expect(members(producer)).toEqual(known)
    for (const name of ['send', 'sendBatch', 'transaction', 'disconnect'] as const)
      expect(producer[name]).not.toBe(client[name])
    expect(producer.events).toBe(client.events)
    expect(producer.isIdempotent()).toBe(false)
    const source = createRequire(import.meta.url).resolve('kafkajs/src/producer/index.js')
    const { readFileSync } = await import('node:fs')
    const transaction =
      /return \{\n\s+sendBatch: transactionGuard[^]*?\n {4}\}/.exec(readFileSync(source, 'utf8'))?.[0] ?? ''
    const names = [...transaction.matchAll(/^ {6}([a-zA-Z]+)[:,]/gm)].map(([, name]) => name)
    expect(names.sort()).toEqual(['abort', 'commit', 'isActive', 'send', 'sendBatch', 'sendOffsets'])
  })

  it('twice is an error, and so are options and encryptions that are none', async () => {
    const { encryption } = await setUp()
    const { producer } = fakeProducer()
    const once = encryptedProducer(producer, encryption)
    expect(() => encryptedProducer(once, encryption)).toThrow('wrapped already')
    expect(() => encryptedProducer(producer, encryption, { maxBytes: 1 } as never)).toThrow('options.maxBytes')
    expect(() => encryptedProducer(producer, {} as never)).toThrow('createRecordEncryption')
    const kafka = { producer: () => producer, consumer: () => ({ run: async () => undefined }), admin: () => 'admin' }
    const encrypted = encryptedKafka(kafka, encryption)
    expect(encrypted.admin()).toBe('admin')
    expect(() => encryptedProducer(encrypted.producer(), encryption)).toThrow('wrapped already')
    expect(() => encryptedKafka(encrypted, encryption)).toThrow('wrapped already')
  })

  it('works for a class with private fields, whose later changes show', async () => {
    const { encryption } = await setUp()
    class Client {
      readonly #sent: unknown[] = []
      state = 'new'
      async send(record: {
        readonly topic: string
        readonly messages: readonly { readonly value: string }[]
      }): Promise<unknown[]> {
        this.#sent.push(record)
        return [{ topicName: record.topic, partition: 0 }]
      }
      get sent(): unknown[] {
        return this.#sent
      }
    }
    const client = new Client()
    const producer = encryptedProducer(client, encryption)
    await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    await setImmediate()
    client.state = 'changed'
    expect(producer.sent).toHaveLength(1)
    expect(producer.state).toBe('changed')
    expect('transaction' in producer).toBe(false)
  })

  it('hands a consumer of ours to sendOffsets as the client below it', async () => {
    const at = await wrapped()
    const transaction = await at.producer.transaction()
    const { decryptedConsumer } = await import('../../../src/adapters/kafkajs/index.ts')
    const client = { run: async () => undefined }
    await transaction.sendOffsets({ consumer: decryptedConsumer(client, at.encryption), topics: [] } as never)
    expect((at.fake.sent[0]?.argument as { consumer?: unknown }).consumer).toBe(client)
  })
})
