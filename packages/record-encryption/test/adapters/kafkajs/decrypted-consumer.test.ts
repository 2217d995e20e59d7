import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'

import { Kafka, logLevel, type Consumer, type EachMessagePayload, type KafkaMessage } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'

import { AccessDeniedError, KmsUnavailableError, type Clock, type Kms } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  decryptedConsumer,
  encryptedProducer,
  infoOf,
  type DecryptedConsumerOptions,
} from '../../../src/adapters/kafkajs/index.ts'
import type { RecordEncryptionOptions } from '../../../src/index.ts'
import { settled, setUp } from '../../records/support.ts'
import { FakeConsumer, type Stored } from './fake-consumer.ts'
import { arriving, fakeProducer, messagesOf } from './fake-producer.ts'

const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'decryptEdek' })

/** Time that passes only when nothing else is left to do: timers fire at once, in order, and move the clock. */
class LeapingClock implements Clock {
  time = 1_000_000
  /** While it is false, timers wait for {@link LeapingClock.leap}. */
  leaps = true
  readonly waiting: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.time
  }

  monotonic(): number {
    return this.time
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback }
    this.waiting.push(timer)
    if (this.leaps)
      setImmediate(() => {
        setImmediate(() => {
          this.leap()
        })
      })
    return () => {
      const index = this.waiting.indexOf(timer)
      if (index >= 0) this.waiting.splice(index, 1)
    }
  }

  leap(): void {
    const [next] = this.waiting.sort((a, b) => a.at - b.at)
    if (next === undefined) return
    this.waiting.splice(0, 1)
    this.time = Math.max(this.time, next.at)
    next.callback()
  }
}

interface Given extends DecryptedConsumerOptions {
  readonly encryption?: Partial<RecordEncryptionOptions>
  readonly values?: readonly (string | null)[]
}

/** A topic with a record for each value, encrypted by the producer. A value that begins with "!" is poison: changed after it was encrypted. */
const reading = async ({ encryption: more = {}, values = ['a', 'b', 'c'], ...options }: Given = {}) => {
  const clock = new LeapingClock()
  const at = await setUp({ clock, ...more })
  const out = fakeProducer()
  const messages = values.map((value) => ({ key: 'k', value, headers: { h: 'x' } }))
  await encryptedProducer(out.producer, at.encryption).send({ topic: 't', messages })
  const log = messagesOf(out).map((message, i): Stored => {
    const value = message.value as Buffer | null
    if (values[i]?.startsWith('!') === true && value !== null) value[value.length - 1]! ^= 1
    return { key: Buffer.from('k'), value, headers: arriving(message.headers) }
  })
  const fake = new FakeConsumer('t', log)
  const letters = fakeProducer()
  const dead = { producer: encryptedProducer(letters.producer, at.encryption), topic: 'dead' }
  const consumer = decryptedConsumer(fake.consumer, at.encryption, options)
  return { ...at, clock, fake, consumer, letters, dead }
}
const withDeadLetter = async (given: Given = {}) => {
  const at = await reading(given)
  const consumer = decryptedConsumer(at.fake.consumer, at.encryption, { deadLetter: at.dead })
  return { ...at, consumer }
}
const text = ({ value }: KafkaMessage): string | undefined => value?.toString()

describe('eachMessage', () => {
  it('gets what was sent, in the client’s own types, and nothing extra on the message', async () => {
    const { consumer, fake } = await reading({ values: ['a', null, ''] })
    const got: KafkaMessage[] = []
    await consumer.run({ eachMessage: async ({ message }) => void got.push(message) })
    await fake.poll()
    expect(got.map(text)).toEqual(['a', undefined, ''])
    expect(got[0]?.headers).toEqual({ h: Buffer.from('x') })
    expect(got.every(({ value }) => value === null || Buffer.isBuffer(value))).toBe(true)
    expect(got[1]?.value).toBeNull()
    expect(Object.keys(got[0] ?? {}).sort()).toEqual(Object.keys(got[1] ?? {}).sort())
    expect(infoOf(got[0] ?? {})).toMatchObject({ status: 'decrypted', bound: ['topic', 'key'] })
    expect(infoOf(got[1] ?? {})).toMatchObject({ status: 'clear' })
    expect(infoOf({ ...got[0] })).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'toString'])(
    'gets a header named %s, which kafkajs mixes with Object.prototype',
    async (name) => {
      const { fake, consumer } = await reading({ values: ['a', 'b'] })
      for (const [i, values] of [[Buffer.from('1')], [Buffer.from('1'), Buffer.from('2')]].entries()) {
        const headers = { ...fake.log[i]!.headers }
        const mixed = [({} as Record<string, unknown>)[name], ...values]
        Object.defineProperty(headers, name, { value: mixed, enumerable: true, configurable: true, writable: true })
        fake.log[i] = { ...fake.log[i], headers } as Stored
      }
      const got: unknown[] = []
      await consumer.run({
        eachMessage: async ({ message: { headers = {} } }) =>
          void got.push(Object.getOwnPropertyDescriptor(headers, name)?.value),
      })
      await fake.poll()
      expect(got).toEqual([Buffer.from('1'), [Buffer.from('1'), Buffer.from('2')]])
    },
  )

  const scenarios: Record<string, (payload: EachMessagePayload, consumer: Consumer) => Promise<void> | void> = {
    nothing: () => undefined,
    heartbeat: ({ heartbeat }) => heartbeat(),
    seek: ({ topic, partition }, consumer) => {
      consumer.seek({ topic, partition, offset: '0' })
    },
    pause: ({ pause }) => void pause(),
    'pause and resume': ({ pause }) => {
      pause()()
    },
    'consumer.pause': ({ topic }, consumer) => {
      consumer.pause([{ topic }])
    },
    stop: async (_, consumer) => consumer.stop(),
    throw: () => {
      throw new Error('handler')
    },
  }
  it.each(
    Object.entries(scenarios).flatMap(([name, act]) => [true, false].map((autoCommit) => ({ name, act, autoCommit }))),
  )('makes the calls of the client’s own runner: $name, autoCommit $autoCommit', async ({ act, autoCommit }) => {
    const { fake, consumer } = await reading({ values: ['a', 'b', 'c'] })
    const plain = new FakeConsumer('t', fake.log)
    const outcome = async (each: FakeConsumer, used: typeof consumer): Promise<unknown> => {
      const got: string[] = []
      await used.run({
        autoCommit,
        eachMessage: async (payload) => {
          got.push(payload.message.offset)
          if (payload.message.offset === '1' && got.length < 4) await act(payload, used)
        },
      })
      const errors: unknown[] = []
      for (let i = 0; i < 2; i++) await each.poll().catch((error: unknown) => errors.push(String(error)))
      return { got, errors, calls: each.calls.filter((call) => !call.startsWith('commit? although')) }
    }
    expect(await outcome(fake, consumer)).toEqual(await outcome(plain, plain.consumer))
  })

  it('commits nothing by itself with autoCommit false', async () => {
    const { fake, consumer } = await reading()
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
    await fake.poll()
    expect(fake.calls.filter((call) => call.startsWith('commit'))).toEqual([])
    expect(fake.position).toBe(3)
  })

  it('handles the good records before a poison record, each time it is retried once', async () => {
    const { fake, consumer } = await reading({ values: ['a', '!b', 'c'] })
    const got: unknown[] = []
    await consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    for (let i = 0; i < 3; i++)
      await expect(fake.poll()).rejects.toMatchObject({ code: 'RECORD_AUTHENTICATION', offset: '1' })
    expect(got).toEqual(['a'])
    expect(fake.committed).toBe(1)
  })

  it('leaves out what onDecryptError leaves out, hands on what it replaces, and stays retriable when it throws a TypeError', async () => {
    const policies = ['skip', 'raw', () => ({ value: Buffer.from('replaced') }), () => undefined] as const
    const results = await Promise.all(
      policies.map(async (onDecryptError) => {
        const { fake, consumer } = await reading({ values: ['a', '!b', 'c'], encryption: { onDecryptError } })
        const got: unknown[] = []
        await consumer.run({
          eachMessage: async ({ message }) => void got.push([text(message)?.slice(0, 8), infoOf(message)?.status]),
        })
        await fake.poll()
        expect(fake.position).toBe(3)
        return got.slice(1, -1)
      }),
    )
    expect(results).toMatchObject([[], [[expect.any(String), 'undecrypted']], [['replaced', 'undecrypted']], []])
    for (const wrong of [
      () => 7 as never,
      () => {
        throw new RangeError('mine')
      },
    ]) {
      const { fake, consumer } = await reading({ values: ['!a'], encryption: { onDecryptError: wrong } })
      await consumer.run({ eachMessage: async () => undefined })
      await expect(fake.poll()).rejects.toMatchObject({ name: 'SettlingError', code: 'RECORD_NOT_SETTLED' })
    }
  })

  it('decrypts one record a call with decryptAhead false, through the client’s own eachMessage', async () => {
    const { fake, consumer } = await reading({
      values: ['a', '!b', 'c'],
      decryptAhead: false,
      encryption: { onDecryptError: 'skip' },
    })
    const got: unknown[] = []
    await consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    expect(fake.config?.eachBatch).toBeUndefined()
    await fake.poll()
    expect(got).toEqual(['a', 'c'])
  })
})

describe('a dead letter', () => {
  it('has key, value and headers as fetched, its place and a reason, and incoming headers of that prefix are removed', async () => {
    const { fake, consumer, letters } = await withDeadLetter({ values: ['a', '!b', 'c'] })
    const { headers } = fake.log[1]!
    fake.log[1] = {
      ...fake.log[1],
      headers: { ...headers, 'keyfold.dlq.topic': Buffer.from('forged'), empty: null as never },
    } as Stored
    const got: unknown[] = []
    await consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    await fake.poll()
    expect(got).toEqual(['a', 'c'])
    expect(letters.sent).toHaveLength(1)
    expect(letters.sent[0]?.argument.topic).toBe('dead')
    const [letter] = messagesOf(letters)
    expect(letter).toEqual({
      key: Buffer.from('k'),
      value: fake.log[1].value,
      headers: {
        ...headers,
        empty: Buffer.alloc(0),
        'keyfold.dlq.topic': Buffer.from('t'),
        'keyfold.dlq.partition': Buffer.from('0'),
        'keyfold.dlq.offset': Buffer.from('1'),
        'keyfold.dlq.reason': Buffer.from('undecryptable'),
      },
    })
  })

  it('says "rejected" where a policy rejects the record, and is sent although the rule skips', async () => {
    const { fake, consumer, letters } = await withDeadLetter({ values: ['a'], encryption: { onDecryptError: 'skip' } })
    fake.log.push({ key: null, value: Buffer.from('in clear'), headers: {} })
    await consumer.run({ eachMessage: async () => undefined })
    await fake.poll()
    expect(messagesOf(letters)[0]?.headers?.['keyfold.dlq.reason']).toEqual(Buffer.from('rejected'))
  })

  it('is sent once, however often the record is fetched before its offset is committed', async () => {
    const { fake, consumer, letters } = await withDeadLetter({ values: ['!a', 'b'] })
    let failures = 3
    await consumer.run({
      autoCommit: false,
      eachMessage: async () => {
        if (failures-- > 0) throw new Error('handler')
      },
    })
    for (let i = 0; i < 3; i++) {
      await expect(fake.poll()).rejects.toThrow('handler')
      fake.restart()
    }
    await fake.poll()
    expect(letters.sent).toHaveLength(1)
  })

  it('is forgotten after its offset was committed, and is sent for a new topic of the same name', async () => {
    const { fake, consumer, letters } = await withDeadLetter({ values: ['!a'] })
    await consumer.run({ eachMessage: async () => undefined })
    await fake.poll()
    expect(fake.committed).toBe(1)
    fake.position = 0
    await fake.poll()
    expect(letters.sent).toHaveLength(2)
  })

  it.each([
    [
      'rejects',
      async () => {
        throw Object.assign(new TypeError('network'), { retriable: false })
      },
    ],
    ['is dropped by kafkajs', async () => []],
  ])('that %s is a failing handler, not a skip, and one that kafkajs retries', async (_, respond) => {
    const { fake, consumer, letters } = await withDeadLetter({ values: ['!a', 'b'] })
    letters.respond = respond
    const got: unknown[] = []
    await consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    const error: unknown = await fake.poll().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(TypeError)
    expect((error as { retriable?: unknown }).retriable).toBeUndefined()
    expect(got).toEqual([])
    expect(fake.position).toBe(0)
  })

  it('never goes to the topic that is read', async () => {
    const { fake, encryption, dead } = await reading({ values: ['!a'] })
    const consumer = decryptedConsumer(fake.consumer, encryption, { deadLetter: { ...dead, topic: 't' } })
    await consumer.run({ eachMessage: async () => undefined })
    await expect(fake.poll()).rejects.toThrow('its own dead-letter topic')
  })
})

describe('eachBatch', () => {
  it('gets the batch without what was settled; resolving the last record resolves what was settled after it', async () => {
    const { fake, consumer } = await withDeadLetter({ values: ['!a', 'b', '!c', 'd', '!e'] })
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, isRunning, isStale }) => {
        expect(batch.messages.map(text)).toEqual(['b', 'd'])
        expect([
          batch.topic,
          batch.partition,
          batch.isEmpty(),
          batch.firstOffset(),
          batch.lastOffset(),
          batch.offsetLag(),
        ]).toEqual(['t', 0, false, '0', '4', '0'])
        expect([isRunning(), isStale()]).toEqual([true, false])
        for (const { offset } of batch.messages) resolveOffset(offset)
      },
    })
    await fake.poll()
    expect(fake.calls.filter((call) => call.startsWith('resolve'))).toEqual(['resolve 0', 'resolve 2', 'resolve 4'])
  })

  it('gets the good records before a poison record, which are resolved, then fails', async () => {
    const { fake, consumer } = await reading({ values: ['a', 'b', '!c', 'd'] })
    const got: unknown[] = []
    await consumer.run({
      eachBatch: async ({ batch }) => {
        got.push(...batch.messages.map(text))
        expect([batch.lastOffset(), batch.offsetLag()]).toEqual(['1', '2'])
      },
    })
    await expect(fake.poll()).rejects.toMatchObject({ code: 'RECORD_AUTHENTICATION', offset: '2' })
    await expect(fake.poll()).rejects.toMatchObject({ code: 'RECORD_AUTHENTICATION' })
    expect(got).toEqual(['a', 'b'])
    expect(fake.committed).toBe(2)
  })

  it('is not called for a batch of which everything was settled, which is resolved', async () => {
    const { fake, consumer } = await withDeadLetter({ values: ['!a', '!b'] })
    const eachBatch = vi.fn(async () => undefined)
    await consumer.run({ eachBatch })
    await fake.poll()
    expect(eachBatch).not.toHaveBeenCalled()
    expect(fake.committed).toBe(2)
  })

  it('resolves nothing for a handler that does so itself, and passes on every argument', async () => {
    const { fake, consumer } = await reading()
    await consumer.run({ eachBatchAutoResolve: false, eachBatch: async () => undefined })
    await fake.poll()
    expect(fake.position).toBe(0)
  })
})

describe('while the KMS does not respond', () => {
  const outage = (at: Awaited<ReturnType<typeof reading>>, error: Error = down): void => {
    // A consumer of its own has no DEK yet.
    at.admin.faults = ({ operation }) => {
      if (operation === 'decryptEdek') throw error
    }
  }

  it('heartbeats go on, the partition is paused after seconds, and resumed after a back-off; nothing is lost', async () => {
    const at = await reading()
    outage(at)
    const got: unknown[] = []
    await at.consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    const before = at.clock.time
    at.clock.leaps = true
    await at.fake.poll()
    expect(at.clock.time - before).toBeGreaterThanOrEqual(3_000)
    expect(at.fake.calls.filter((call) => call === 'heartbeat').length).toBeGreaterThan(3)
    expect(at.fake.calls.filter((call) => call.startsWith('resolve'))).toEqual([])
    expect(at.fake.isPaused).toBe(true)
    at.admin.faults = undefined
    await vi.waitFor(() => {
      expect(at.fake.isPaused).toBe(false)
    })
    await at.fake.poll()
    expect(got).toEqual(['a', 'b', 'c'])
    expect(at.logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('topic "t", partition 0'),
    ])
  })

  it('a short outage is waited out without a pause', async () => {
    const at = await reading()
    let failures = 2
    at.admin.faults = ({ operation }) => {
      if (operation === 'decryptEdek' && failures-- > 0) throw down
    }
    const got: unknown[] = []
    await at.consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    await at.fake.poll()
    expect(got).toEqual(['a', 'b', 'c'])
    expect(at.fake.calls.filter((call) => /pause/.test(call))).toEqual([])
  })

  it.each([
    new Error('s.SECRET'),
    new TypeError('Headers.append: "Bearer s.SECRET" is an invalid header value.'),
    Object.assign(new Error('x'), { name: 's.SECRET' }),
    's.SECRET',
  ])('of a key management system that throws %o shows nothing of it in the log', async (thrown) => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const throwing = Object.assign(Object.create(kms) as Kms, {
      resolveKek: kms.resolveKek.bind(kms),
      generateDekPair: kms.generateDekPair.bind(kms),
      kekOf: kms.kekOf.bind(kms),
      close: kms.close.bind(kms),
      decryptEdek: () => Promise.reject(thrown as Error),
    })
    const at = await reading({ encryption: { kms: throwing, resilience: 'none' } })
    await at.consumer.run({ eachMessage: async () => undefined })
    at.clock.leaps = false
    await at.fake.poll()
    expect(at.fake.isPaused).toBe(true)
    expect(at.logger.lines.length).toBeGreaterThan(0)
    expect(inspect(at.logger.lines, { depth: 9 })).not.toContain('SECRET')
    await at.consumer.stop()
  })

  it('a denial pauses at once and is logged', async () => {
    const at = await reading()
    outage(at, new AccessDeniedError({ provider: 'inmemory', operation: 'decryptEdek' }))
    await at.consumer.run({ eachMessage: async () => undefined })
    at.clock.leaps = false
    await at.fake.poll()
    expect(at.fake.isPaused).toBe(true)
    expect(at.logger.lines.at(-1)?.fields).toMatchObject({ code: 'KMS_ACCESS_DENIED', topic: 't', permanent: true })
    await at.consumer.stop()
    expect(at.clock.waiting).toEqual([])
  })

  it.each(['consumer.pause', 'payload.pause', 'the whole topic'] as const)(
    'a partition that the user paused stays paused: %s',
    async (how) => {
      const at = await reading({ values: ['a', 'b'] })
      let resume: (() => void) | undefined
      await at.consumer.run({
        eachMessage: async ({ pause }) => {
          resume = pause()
        },
      })
      outage(at)
      at.clock.leaps = true
      if (how === 'payload.pause') {
        at.admin.faults = undefined
        await at.fake.poll(1)
        expect(at.fake.isPaused).toBe(true)
        resume?.()
        expect(at.fake.isPaused).toBe(false)
        return
      }
      await at.fake.poll()
      at.consumer.pause(how === 'consumer.pause' ? [{ topic: 't', partitions: [0] }] : [{ topic: 't' }])
      at.admin.faults = undefined
      await vi.waitFor(() => {
        expect(at.clock.waiting).toEqual([])
      })
      await settled()
      expect(at.fake.isPaused).toBe(true)
      at.consumer.resume([{ topic: 't', partitions: [0] }])
      expect(at.fake.isPaused).toBe(false)
    },
  )

  it.each(['stop', 'disconnect'] as const)('%s ends the wait and its timers at once', async (name) => {
    // The cache has deadlines of its own.
    const at = await reading({ encryption: { resilience: 'none' } })
    at.admin.faults = () => new Promise(() => undefined)
    const got: unknown[] = []
    await at.consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    at.clock.leaps = false
    const polling = at.fake.poll()
    await settled()
    await at.consumer[name]()
    await polling
    expect(got).toEqual([])
    expect(at.fake.position).toBe(0)
    expect(at.clock.waiting).toEqual([])
  })

  it('a crash forgets what the user paused, as the client does: a later outage does not pause the partition for good', async () => {
    const at = await reading()
    const got: unknown[] = []
    await at.consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    at.consumer.pause([{ topic: 't' }])
    at.fake.crash()
    outage(at)
    await at.fake.poll()
    expect(at.fake.isPaused).toBe(true)
    at.admin.faults = undefined
    await vi.waitFor(() => {
      expect(at.fake.isPaused).toBe(false)
    })
    await at.fake.poll()
    expect(got).toEqual(['a', 'b', 'c'])
  })

  it('a rebalance ends the wait and is passed on', async () => {
    const at = await reading()
    at.admin.faults = () => new Promise(() => undefined)
    const rebalance = Object.assign(new Error('The group is rebalancing'), { type: 'REBALANCE_IN_PROGRESS' })
    at.fake.heartbeat = async () => {
      throw rebalance
    }
    await at.consumer.run({ eachMessage: async () => undefined })
    await expect(at.fake.poll()).rejects.toBe(rebalance)
    expect(at.fake.isPaused).toBe(false)
  })

  it('a handler of eachBatch gets the chunks before the outage', async () => {
    const at = await reading({ values: Array.from({ length: 600 }, (_, i) => String(i)) })
    await at.encryption.rotate()
    const out = fakeProducer()
    await encryptedProducer(out.producer, at.encryption).send({
      topic: 't',
      messages: [{ key: 'k', value: 'other DEK' }],
    })
    at.fake.log.push({ ...messagesOf(out)[0], key: Buffer.from('k') } as Stored)
    let calls = 0
    at.admin.faults = ({ operation }) => {
      if (operation === 'decryptEdek' && calls++ > 0) throw down
    }
    const got: number[] = []
    await at.consumer.run({ eachBatch: async ({ batch }) => void got.push(batch.messages.length) })
    await at.fake.poll()
    expect(got).toEqual([512])
    expect(at.fake.position).toBe(512)
    expect(at.fake.isPaused).toBe(true)
    await at.consumer.stop()
  })

  it('decryptAhead false waits in the handler and resolves nothing', async () => {
    const at = await reading({ values: ['a'], decryptAhead: false })
    let failures = 30
    at.admin.faults = ({ operation }) => {
      if (operation === 'decryptEdek' && failures-- > 0) throw down
    }
    const got: unknown[] = []
    await at.consumer.run({ eachMessage: async ({ message }) => void got.push(text(message)) })
    await at.fake.poll()
    expect(got).toEqual(['a'])
    expect(failures).toBeLessThan(0)
  })
})

describe('wrapping a consumer', () => {
  it('covers every member of the installed kafkajs: a new one in a later version makes this fail', async () => {
    const { encryption } = await setUp()
    const client = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING }).consumer({ groupId: 'g' })
    const known = [
      'commitOffsets',
      'connect',
      'describeGroup',
      'disconnect',
      'events',
      'logger',
      'on',
      'pause',
      'paused',
      'resume',
      'run',
      'seek',
      'stop',
      'subscribe',
    ]
    expect(Object.keys(client).sort()).toEqual(known)
    expect(Reflect.ownKeys(client).filter((name) => typeof name === 'symbol')).toEqual([])
    const consumer = decryptedConsumer(client, encryption)
    expect(Object.keys(consumer).sort()).toEqual(known)
    expect(() => decryptedConsumer(consumer, encryption)).toThrow('wrapped already')
    expect(() => decryptedConsumer(client, encryption, { deadletter: 1 } as never)).toThrow('options.deadletter')
    expect(() => decryptedConsumer(client, encryption, { deadLetter: { topic: 'x' } as never })).toThrow(
      'deadLetter.producer',
    )
  })

  it('passes own keys of the options only', async () => {
    const { fake, consumer } = await reading()
    await consumer.run({ partitionsConsumedConcurrently: 3, eachMessage: async () => undefined })
    expect(Object.keys(fake.config ?? {}).sort()).toEqual([
      'eachBatch',
      'eachBatchAutoResolve',
      'partitionsConsumedConcurrently',
    ])
  })
})
