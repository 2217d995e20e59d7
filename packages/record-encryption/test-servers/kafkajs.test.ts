import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { CompressionCodecs, CompressionTypes, type KafkaMessage } from 'kafkajs'
import { describe, expect, inject, it, vi } from 'vitest'

import { KmsUnavailableError } from '@keyfold/kms-api'
import { titleOf } from '@keyfold/servers/testing'

import { decryptedConsumer, encryptedKafka, encryptedProducer, infoOf } from '../src/adapters/kafkajs/index.ts'
import { collect, connected, createWorld, newGroup, text } from './support/world.ts'

const kafka = inject('kafka')
const MARKER = 'kroxylicious.io/encryption'
const FAST = { maxWaitTimeInMs: 200, heartbeatInterval: 500 }

describe.skipIf(kafka.missing !== undefined)(titleOf('kafkajs on Apache Kafka', kafka), () => {
  const world = (...args: Parameters<typeof createWorld> extends [unknown, ...infer Rest] ? Rest : never) =>
    createWorld(kafka.brokers ?? [], ...args)

  it('values, keys, headers and tombstones arrive as they were sent, and the broker has none of the values', async () => {
    const at = await world()
    const topic = await at.topic('records')
    const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
    const headers = { trace: ['a', 'b'], other: Buffer.from('c') }
    Object.defineProperty(headers, '__proto__', { value: 'odd', enumerable: true })
    Object.defineProperty(headers, 'constructor', { value: 'odd too', enumerable: true })
    const messages = [
      { key: 'k', value: 'secret', headers, timestamp: '1700000000000' },
      { key: null, value: Buffer.from([0, 255]) },
      { key: 'k', value: '' },
      { key: 'k', value: null },
    ]
    await producer.send({ topic, messages })
    for (const compression of [CompressionTypes.GZIP]) await producer.send({ topic, messages, compression })
    const raw = await collect(await connected(at.kafka.consumer({ groupId: newGroup(), ...FAST })), [topic], 8)
    expect(raw.map(text).join()).not.toContain('secret')
    expect(raw.map(({ headers: all }) => MARKER in (all ?? {}))).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
      true,
      false,
    ])
    const consumer = await connected(decryptedConsumer(at.kafka.consumer({ groupId: newGroup(), ...FAST }), at.reading))
    const got = await collect(consumer, [topic], 8)
    for (const [first, second, third, last] of [got.slice(0, 4), got.slice(4)] as KafkaMessage[][]) {
      expect([first, second, third, last].map((each) => each?.value)).toEqual([
        Buffer.from('secret'),
        Buffer.from([0, 255]),
        Buffer.alloc(0),
        null,
      ])
      expect([first?.key, second?.key, first?.timestamp]).toEqual([Buffer.from('k'), null, '1700000000000'])
      const { trace, other } = first?.headers ?? {}
      expect([trace, other]).toEqual([[Buffer.from('a'), Buffer.from('b')], Buffer.from('c')])
      for (const [name, value] of [
        ['__proto__', 'odd'],
        ['constructor', 'odd too'],
      ] as const)
        expect(Object.getOwnPropertyDescriptor(first?.headers, name)?.value).toEqual(Buffer.from(value))
      expect(infoOf(first ?? {})).toEqual({ status: 'decrypted', bound: ['topic', 'key'] })
    }
  })

  it('sends that are not awaited reach the client in order, while the KMS is slow, and all arrive', async () => {
    const at = await world()
    const topic = await at.topic('order')
    const client = at.kafka.producer()
    // What kafkajs does after that is its own: it may swap requests in flight, with maxInFlightRequests: 1 as well.
    const started: unknown[] = []
    const { send } = client
    client.send = (record) => {
      started.push(record.messages[0]?.key)
      return send(record)
    }
    const producer = await connected(encryptedProducer(client, at.writing))
    at.keys.faults = async ({ operation }) => {
      if (operation === 'generateDekPair') await sleep(200)
    }
    const values = Array.from({ length: 20 }, (_, i) => String(i))
    await Promise.all(values.map((value) => producer.send({ topic, messages: [{ key: value, value }] })))
    at.keys.faults = undefined
    expect(started).toEqual(values)
    const consumer = await connected(decryptedConsumer(at.kafka.consumer({ groupId: newGroup(), ...FAST }), at.reading))
    expect((await collect(consumer, [topic], 20)).map(text).sort()).toEqual([...values].sort())
  })

  it('records for a partition that does not exist are an error that names them; the others arrive', async () => {
    const at = await world()
    const topic = await at.topic('partitions', 2)
    const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
    const messages = [0, 1, 7, 1].map((partition) => ({ value: String(partition), partition }))
    await expect(producer.send({ topic, messages })).rejects.toMatchObject({
      code: 'RECORDS_NOT_SENT',
      notSent: [{ topic, index: 2, partition: 7 }],
    })
    await expect(producer.send({ topic, messages: messages.slice(2, 3) })).rejects.toThrow('1 of 1 records')
    const consumer = await connected(decryptedConsumer(at.kafka.consumer({ groupId: newGroup(), ...FAST }), at.reading))
    expect((await collect(consumer, [topic], 3)).map(text).sort()).toEqual(['0', '1', '1'])
  })

  it('a poison record in the middle goes to the dead-letter topic, once, and the others are handled', async () => {
    const at = await world()
    const [topic, letters] = [await at.topic('poison'), await at.topic('dlq')]
    const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
    const plain = await connected(at.kafka.producer())
    await producer.send({ topic, messages: [{ key: 'k', value: 'a' }] })
    const forged = { [MARKER]: Buffer.from([2]), 'keyfold.dlq.topic': 'elsewhere', constructor: 'x' }
    await plain.send({ topic, messages: [{ key: 'k', value: 'poison', headers: forged }] })
    await plain.send({ topic, messages: [{ key: 'k', value: 'in clear' }] })
    await producer.send({ topic, messages: [{ key: 'k', value: 'b' }] })
    const deadLetter = { producer, topic: letters }
    const consumer = await connected(
      decryptedConsumer(
        at.kafka.consumer({ groupId: newGroup(), ...FAST, retry: { initialRetryTime: 50 } }),
        at.reading,
        { deadLetter },
      ),
    )
    let failures = 2
    const got: (string | null)[] = []
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (text(message) === 'b' && failures-- > 0) throw new Error('the handler fails twice after the poison records')
        got.push(text(message))
      },
    })
    await vi.waitFor(() => {
      expect(got).toEqual(['a', 'b'])
    }, 30_000)
    const dead = await collect(await connected(at.kafka.consumer({ groupId: newGroup(), ...FAST })), [letters], 2)
    await sleep(500)
    expect(
      dead.map((each) => [
        text(each),
        each.headers?.['keyfold.dlq.offset']?.toString(),
        each.headers?.['keyfold.dlq.reason']?.toString(),
      ]),
    ).toEqual([
      ['poison', '1', 'undecryptable'],
      ['in clear', '2', 'rejected'],
    ])
    expect(dead[0]?.headers?.['keyfold.dlq.topic']?.toString()).toBe(topic)
    expect(dead[0]?.headers?.[MARKER]).toEqual(Buffer.from([2]))
  })

  it('a committed transaction is visible and an aborted one is not, sends and offsets included', async () => {
    const at = await world()
    const [topic, source] = [await at.topic('tx'), await at.topic('source')]
    const groupId = newGroup()
    const producer = await connected(
      encryptedProducer(
        at.kafka.producer({ transactionalId: newGroup(), idempotent: true, maxInFlightRequests: 1 }),
        at.writing,
      ),
    )
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ value: 'aborted' }] })
    await aborted.abort()
    const committed = await producer.transaction()
    // Not awaited: commit waits for them.
    const sends = [
      committed.send({ topic, messages: [{ value: 'one' }] }),
      committed.sendBatch({ topicMessages: [{ topic, messages: [{ value: 'two' }] }] }),
    ]
    await committed.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: source, partitions: [{ partition: 0, offset: '5' }] }],
    })
    await committed.commit()
    await Promise.all(sends)
    const consumer = await connected(decryptedConsumer(at.kafka.consumer({ groupId: newGroup(), ...FAST }), at.reading))
    expect((await collect(consumer, [topic], 2)).map(text)).toEqual(['one', 'two'])
    const [offsets] = await at.admin.fetchOffsets({ groupId, topics: [source] })
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '5' }])
    const all = await collect(
      await connected(at.kafka.consumer({ groupId: newGroup(), readUncommitted: true, ...FAST })),
      [topic],
      3,
    )
    expect(all.every(({ headers }) => headers?.[MARKER] !== undefined)).toBe(true)
  })

  it.each(['eachMessage', 'eachBatch'] as const)(
    '%s with autoCommit false commits nothing; with it, what was handled',
    async (kind) => {
      const at = await world()
      const topic = await at.topic('commit')
      const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
      await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) })
      for (const autoCommit of [false, true]) {
        const groupId = newGroup()
        const consumer = decryptedConsumer(at.kafka.consumer({ groupId, ...FAST }), at.reading)
        await consumer.connect()
        const got: (string | null)[] = []
        await consumer.subscribe({ topics: [topic], fromBeginning: true })
        await consumer.run({
          autoCommit,
          ...(kind === 'eachMessage'
            ? { eachMessage: async ({ message }) => void got.push(text(message)) }
            : { eachBatch: async ({ batch }) => void got.push(...batch.messages.map(text)) }),
        })
        await vi.waitFor(() => {
          expect(got).toEqual(['a', 'b', 'c'])
        }, 30_000)
        await consumer.disconnect()
        const [offsets] = await at.admin.fetchOffsets({ groupId, topics: [topic] })
        expect(offsets?.partitions.map(({ offset }) => offset)).toEqual([autoCommit ? '3' : '-1'])
      }
    },
  )

  it('an outage of the KMS longer than the session loses nothing and no place in the group; a topic under another KEK goes on', async () => {
    const at = await world()
    const [topic, other] = [await at.topic('outage'), await at.topic('other')]
    const kek = (await at.keys.connect().resolveKek('kek')).id
    let isDown = true
    at.keys.faults = ({ operation, kek: of }: { operation: string; kek?: { readonly id: string } | undefined }) => {
      if (isDown && operation === 'decryptEdek' && (of === undefined || of.id === kek))
        throw new KmsUnavailableError({ provider: 'inmemory', operation: 'decryptEdek' })
    }
    const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
    await producer.send({ topic, messages: ['1', '2'].map((value) => ({ value })) })
    await producer.send({ topic: other, messages: [{ value: 'other' }] })
    const client = at.kafka.consumer({ groupId: newGroup(), ...FAST, sessionTimeout: 4_000 })
    let joins = 0
    const consumer = decryptedConsumer(client, at.reading)
    consumer.on(consumer.events.GROUP_JOIN, () => {
      joins++
    })
    let crashes = 0
    consumer.on(consumer.events.CRASH, () => {
      crashes++
    })
    await connected(consumer)
    const got: (string | null)[] = []
    await consumer.subscribe({ topics: [topic, other], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    await vi.waitFor(() => {
      expect(got).toEqual(['other'])
    }, 30_000)
    for (let i = 0; i < 12; i++) {
      await sleep(1_000)
      await producer.send({ topic: other, messages: [{ value: 'other' }] })
    }
    isDown = false
    const from = performance.now()
    await vi.waitFor(() => {
      expect(got.filter((each) => each !== 'other')).toEqual(['1', '2'])
    }, 60_000)
    console.log(`recovered ${Math.round(performance.now() - from)} ms after an outage of 12 s with a session of 4 s`)
    await vi.waitFor(() => {
      expect(got).toHaveLength(15)
    }, 30_000)
    expect([joins, crashes]).toEqual([1, 0])
  })

  it('compressed batches, large records and tombstones are read as without encryption', async () => {
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: async ({ buffer }: { readonly buffer: Buffer }) => Promise.resolve(zstdCompressSync(buffer)),
      decompress: async (buffer: Buffer) => Promise.resolve(zstdDecompressSync(buffer)),
    })
    const at = await world()
    const topic = await at.topic('codecs')
    const producer = await connected(encryptedProducer(at.kafka.producer(), at.writing))
    const codecs = [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.ZSTD]
    for (const compression of codecs)
      await producer.send({
        topic,
        compression,
        messages: ['a', 'b'].map((value) => ({ key: 'k', value: value + String(compression) })),
      })
    const large = randomBytes(1_900_000)
    await producer.send({ topic, messages: [{ key: 'large', value: large }] })
    await producer.send({ topic, messages: [{ key: 'k', value: null }] })
    const consumer = await connected(decryptedConsumer(at.kafka.consumer({ groupId: newGroup(), ...FAST }), at.reading))
    const got = await collect(consumer, [topic], 8)
    expect(got.slice(0, 6).map(text)).toEqual(codecs.flatMap((each) => [`a${each}`, `b${each}`]))
    expect(got[6]?.value?.equals(large)).toBe(true)
    expect(got[7]?.value).toBeNull()
  })

  it('frameworks that make their own clients get wrapped ones', async () => {
    const at = await world()
    const topic = await at.topic('framework')
    const encrypted = encryptedKafka(at.kafka, at.reading)
    const producer = await connected(encrypted.producer())
    await producer.send({ topic, messages: [{ value: 'v' }] })
    const consumer = await connected(encrypted.consumer({ groupId: newGroup(), ...FAST }))
    expect((await collect(consumer, [topic], 1)).map(text)).toEqual(['v'])
  })
})
