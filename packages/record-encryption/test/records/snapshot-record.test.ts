import { Buffer } from 'node:buffer'
import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import type { KafkaRecord } from '../../src/index.ts'
import { bytes, header, headersOf, records, setUp, textOf } from './support.ts'

const FIELDS = ['key', 'value', 'headers', 'partition', 'offset', 'timestamp'] as const
type Full = Record<(typeof FIELDS)[number], unknown>
const full = (): Full => ({
  key: bytes('key'),
  value: bytes('value'),
  headers: [header('h', 'x')],
  partition: 3,
  offset: 7n,
  timestamp: '9',
})

/** Records of which each member is read through a function, and answers something else the second time. */
const SHAPES: readonly (readonly [string, (read: (field: keyof Full) => unknown) => object])[] = [
  [
    'an object with accessors',
    (read) =>
      Object.defineProperties({}, Object.fromEntries(FIELDS.map((f) => [f, { get: () => read(f), enumerable: true }]))),
  ],
  [
    'an object with hidden accessors',
    (read) => Object.defineProperties({}, Object.fromEntries(FIELDS.map((f) => [f, { get: () => read(f) }]))),
  ],
  [
    'an object whose prototype has accessors, as an instance of a class',
    (read) => {
      const accessors = FIELDS.map((field) => [field, { get: () => read(field) }])
      return Object.create(
        Object.create(null, Object.fromEntries(accessors) as PropertyDescriptorMap) as object,
      ) as object
    },
  ],
  ['a Proxy', (read) => new Proxy(full(), { get: (_, field) => read(field as keyof Full) })],
]

function changing(make: (typeof SHAPES)[number][1]): { record: KafkaRecord; reads: Record<string, number> } {
  const reads: Record<string, number> = {}
  const [first, later] = [
    full(),
    { ...full(), key: bytes('other'), value: bytes('OTHER'), headers: [], partition: 4, offset: 8n },
  ]
  const record = make((field) => {
    reads[field] = (reads[field] ?? 0) + 1
    return reads[field] === 1 ? first[field] : later[field]
  })
  return { record: record as KafkaRecord, reads }
}

describe.each(SHAPES)('%s', (_, make) => {
  const ONCE = Object.fromEntries(FIELDS.map((field) => [field, 1]))

  it('is read once by encrypt, and leaves as it was bound', async () => {
    const { encryption } = await setUp({ binding: { partition: true, headers: ['h'] } })
    const { record, reads } = changing(make)
    const [sealed] = await encryption.encrypt('t', [record])
    expect(reads).toEqual(ONCE)
    expect(sealed).toMatchObject({ partition: 3, offset: 7n, timestamp: '9' })
    expect(textOf(sealed!.key!)).toBe('key')
    const [opened] = await encryption.decrypt('t', [sealed!])
    expect([textOf(opened!.value), headersOf(opened!)]).toEqual(['value', [['h', 'x']]])
  })

  it('is read once on a clear topic too', async () => {
    const { encryption } = await setUp({ topics: [{ match: '*', plaintext: 'allow' }] })
    for (const call of ['encrypt', 'decrypt'] as const) {
      const { record, reads } = changing(make)
      const [left] = await encryption[call]('t', [record])
      expect(reads).toEqual(ONCE)
      expect(left).toMatchObject({ partition: 3, offset: 7n, timestamp: '9' })
      expect([textOf(left!.key!), textOf(left!.value)]).toEqual(['key', 'value'])
    }
  })

  it('is read once by decrypt, and returned as it was verified', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [full() as unknown as KafkaRecord])
    const reads: Record<string, number> = {}
    const record = make((field) => {
      reads[field] = (reads[field] ?? 0) + 1
      if (reads[field] === 1) return (sealed as unknown as Full)[field]
      return field === 'key' || field === 'value' ? bytes('other') : field === 'headers' ? [] : 0
    })
    const [opened] = await encryption.decrypt('t', [record as KafkaRecord])
    expect(reads).toEqual(ONCE)
    expect(opened).toMatchObject({ partition: 3, offset: 7n, keyfold: { bound: ['topic', 'key'] } })
    expect([textOf(opened!.key!), textOf(opened!.value), headersOf(opened!)]).toEqual(['key', 'value', [['h', 'x']]])
  })
})

describe('headers', () => {
  it('are read once, name and value', async () => {
    for (const encryptHeaders of [false, true]) {
      const { encryption } = await setUp({ encryptHeaders, binding: { headers: ['h'] } })
      const reads = { key: 0, value: 0 }
      const lazy = {
        get key() {
          return reads.key++ === 0 ? 'h' : 'other'
        },
        get value() {
          return reads.value++ === 0 ? bytes('x') : bytes('other')
        },
      }
      const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers: [lazy] }])
      const [opened] = await encryption.decrypt('t', [sealed!])
      expect(headersOf(opened!)).toEqual([['h', 'x']])
      expect(reads).toEqual({ key: 1, value: 1 })
    }
  })

  it('that grow while they are read are as many as they were', async () => {
    const { encryption } = await setUp()
    const headers: { key: string; value: Uint8Array }[] = []
    headers.push(
      Object.defineProperty({ key: 'h', value: bytes('x') }, 'key', {
        get: () => (headers.push(header('late') as { key: string; value: Uint8Array }), 'h'),
      }),
    )
    const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers }])
    expect(headersOf((await encryption.decrypt('t', [sealed!]))[0]!)).toEqual([['h', 'x']])
  })
})

describe('a getter that throws', () => {
  it('rejects the call with what it throws, before any request', async () => {
    const { encryption, admin } = await setUp()
    const fault = new Error('from a getter')
    const get = (): never => {
      throw fault
    }
    const bad = [
      Object.defineProperty({ value: bytes('v') }, 'key', { get, enumerable: true }),
      { value: bytes('v'), headers: [Object.defineProperty({ value: null }, 'key', { get })] },
      { value: bytes('v'), headers: new Proxy([], { get }) },
    ] as unknown as KafkaRecord[]
    for (const record of bad) {
      await expect(encryption.encrypt('t', [...records(2), record])).rejects.toBe(fault)
      await expect(encryption.decrypt('t', [record])).rejects.toBe(fault)
    }
    expect(admin.calls.resolveKek).toBe(0)
  })
})

describe('byte arrays that lie about themselves', () => {
  class Longer extends Uint8Array<ArrayBuffer> {
    override get length(): number {
      return 64
    }
    override subarray(): Uint8Array<ArrayBuffer> {
      return new Uint8Array(64)
    }
    override slice(): Uint8Array<ArrayBuffer> {
      return new Uint8Array(64)
    }
  }
  const filled = <T extends Uint8Array>(array: T): T => array.fill(0x61)
  const liars: readonly (readonly [string, () => Uint8Array])[] = [
    ['an own length', () => Object.defineProperty(filled(new Uint8Array(5)), 'length', { value: 64 })],
    ['an own length of a Buffer', () => Object.defineProperty(filled(Buffer.alloc(5)), 'length', { get: () => 64 })],
    ['a shorter own length', () => Object.defineProperty(filled(new Uint8Array(5)), 'length', { value: 2 })],
    ['a subclass', () => filled(new Longer(new ArrayBuffer(5)))],
    ['a changed prototype', () => Object.setPrototypeOf(filled(new Uint8Array(5)), { length: 64 }) as Uint8Array],
    ['another realm', () => runInNewContext('new Uint8Array(5).fill(0x61)') as Uint8Array],
  ]

  it.each(liars)('are what they hold: %s', async (_, make) => {
    for (const encryptHeaders of [false, true]) {
      const { encryption } = await setUp({ encryptHeaders, binding: { headers: ['h'] } })
      const given = { key: make(), value: make(), headers: [{ key: 'h', value: make() }] }
      const [sealed] = await encryption.encrypt('t', [given])
      // Read by whatever a client uses.
      expect([sealed!.key.length, Buffer.from(sealed!.key).toString()]).toEqual([5, 'aaaaa'])
      const [opened] = await encryption.decrypt('t', [sealed!])
      expect([textOf(opened!.value), headersOf(opened!)]).toEqual(['aaaaa', [['h', 'aaaaa']]])
      expect(opened!.keyfold.bound.slice(0, 2)).toEqual(['topic', 'key'])
    }
  })

  it('decrypt as what they hold', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [{ key: bytes('k'), value: bytes('v') }])
    const value = Object.defineProperty(new Uint8Array(sealed!.value!), 'length', { value: 1_000 })
    expect(textOf((await encryption.decrypt('t', [{ ...sealed!, value }]))[0]!.value)).toBe('v')
  })

  it('are a TypeError when they are none', async () => {
    const { encryption } = await setUp()
    for (const value of [new Proxy(new Uint8Array(3), {}), Object.create(Uint8Array.prototype) as Uint8Array]) {
      await expect(encryption.encrypt('t', [{ value }])).rejects.toThrow(TypeError)
      await expect(encryption.encrypt('t', [{ key: value, value: bytes('v') }])).rejects.toThrow(TypeError)
      await expect(encryption.decrypt('t', [{ value: bytes('v'), headers: [{ key: 'h', value }] }])).rejects.toThrow(
        '"records[0].headers[0].value" expected a Uint8Array or null, got object',
      )
    }
  })

  it('may share their memory with other threads', async () => {
    const { encryption } = await setUp()
    const shared = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(100)).fill(0x61)
    const [sealed] = await encryption.encrypt('t', [{ key: shared(), value: shared() }])
    const value = new Uint8Array(new SharedArrayBuffer(sealed!.value!.length))
    value.set(sealed!.value!)
    expect(textOf((await encryption.decrypt('t', [{ ...sealed!, value }]))[0]!.value)).toBe('a'.repeat(100))
  })
})
