import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  isRecordError,
  RecordBindingError,
  type RecordEncryption,
  type TopicRule,
} from '../../src/index.ts'
import { bytes, codeOf, header, publicKeyKms, rejectionOf, setUp, textOf, verdictOf } from '../records/support.ts'

const RULES: readonly TopicRule[] = [
  { match: 'own', kek: 'one' },
  { match: 'same-kek', kek: 'one' },
  { match: 'other-kek', kek: 'two' },
  { match: 'clear', plaintext: 'allow' },
]
const MODES = ['off', 'verify-if-present', 'require'] as const
const record = { key: bytes('k'), value: bytes('v') }
const nothing = (): void => undefined

/** Verdict, and how often the provider was asked to decrypt an EDEK: by an instance that knows nothing, then once more. */
type Row = readonly [verdict: string, cold: number, warm: number]

/** Reader's topic by written with or without a trailer, for each mode. */
const TABLE: Readonly<
  Record<(typeof MODES)[number], Readonly<Record<string, { readonly with: Row; readonly without: Row }>>>
> = {
  off: {
    own: { with: ['decrypted', 1, 0], without: ['decrypted', 1, 0] },
    'same-kek': { with: ['decrypted', 1, 0], without: ['decrypted', 1, 0] },
    'other-kek': { with: ['RECORD_KEK_UNTRUSTED', 0, 0], without: ['RECORD_KEK_UNTRUSTED', 0, 0] },
    clear: { with: ['RECORD_MARKED', 0, 0], without: ['RECORD_MARKED', 0, 0] },
  },
  'verify-if-present': {
    own: { with: ['decrypted topic,key', 1, 0], without: ['decrypted', 1, 0] },
    'same-kek': { with: ['RECORD_BINDING topic', 1, 0], without: ['decrypted', 1, 0] },
    'other-kek': { with: ['RECORD_KEK_UNTRUSTED', 0, 0], without: ['RECORD_KEK_UNTRUSTED', 0, 0] },
    clear: { with: ['RECORD_MARKED', 0, 0], without: ['RECORD_MARKED', 0, 0] },
  },
  require: {
    own: { with: ['decrypted topic,key', 1, 0], without: ['RECORD_BINDING trailer', 1, 0] },
    'same-kek': { with: ['RECORD_BINDING topic', 1, 0], without: ['RECORD_BINDING trailer', 1, 0] },
    'other-kek': { with: ['RECORD_KEK_UNTRUSTED', 0, 0], without: ['RECORD_KEK_UNTRUSTED', 0, 0] },
    clear: { with: ['RECORD_MARKED', 0, 0], without: ['RECORD_MARKED', 0, 0] },
  },
}

async function outcomeOf(
  encryption: RecordEncryption,
  topic: string,
  sealed: Parameters<RecordEncryption['decrypt']>[1],
): Promise<string> {
  try {
    const [opened] = await encryption.decrypt(topic, sealed)
    expect(textOf(opened!.value)).toBe('v')
    return ['decrypted', opened!.keyfold.bound.join()].join(' ').trim()
  } catch (error) {
    if (!isRecordError(error)) throw error
    return error instanceof RecordBindingError ? `${error.code} ${error.field}` : error.code
  }
}

const CASES = MODES.flatMap((read) =>
  Object.entries(TABLE[read]).flatMap(([topic, rows]) =>
    (['with', 'without'] as const).map((trailer) => [read, topic, trailer, ...rows[trailer]] as const),
  ),
)

describe('a record that was written for topic own', () => {
  it.each(CASES)(
    'under binding %s, read from %s, %s a trailer: %s, %i request cold and %i warm',
    async (read, topic, trailer, verdict, cold, warm) => {
      const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'one' }, { alias: 'two' }] })
      const writer = await createRecordEncryption({ kms, topics: RULES, binding: { write: trailer === 'with' } })
      const sealed = await writer.encrypt('own', [record])
      const reader = await createRecordEncryption({ kms, topics: RULES, binding: { read } })
      admin.resetCalls()
      expect(await outcomeOf(reader, topic, sealed)).toBe(verdict)
      expect(admin.calls.decryptEdek).toBe(cold)
      expect(await outcomeOf(reader, topic, sealed)).toBe(verdict)
      expect(admin.calls.decryptEdek).toBe(cold + warm)
      // Whatever is refused for its topic alone costs no request at all.
      if (topic === 'clear') expect(admin.calls.resolveKek).toBe(0)
    },
  )

  it('names the topic that it was written for, and the line that would allow it', async () => {
    const { encryption } = await setUp()
    const error = await rejectionOf(encryption.decrypt('dead.letters', await encryption.encrypt('orders', [record])))
    expect(error).toMatchObject({
      name: 'RecordBindingError',
      code: 'RECORD_BINDING',
      field: 'topic',
      boundTopic: 'orders',
      topic: 'dead.letters',
      index: 0,
    })
    expect((error as Error).message).toContain('topicMapping: { "dead.letters": ["orders"] }')
  })

  it('names the KEK that is not trusted, and the line that would trust it', async () => {
    const { encryption, admin } = await setUp({ topics: RULES }, ['one', 'two'])
    const sealed = await encryption.encrypt('own', [record])
    const error = await rejectionOf(encryption.decrypt('other-kek', sealed))
    const { id } = await admin.connect().resolveKek('one')
    expect((error as Error).message).toContain(`add to topics[2]: previousKeks: [{ id: "${id}" }]`)
  })
})

describe('topicMapping', () => {
  it('gives a topic the further names that its records were written under, for reading only', async () => {
    const { encryption } = await setUp({ topicMapping: { 'dead.letters': ['orders', 'payments'], mirror: ['orders'] } })
    const orders = await encryption.encrypt('orders', [record])
    const payments = await encryption.encrypt('payments', [record])
    const dead = await encryption.encrypt('dead.letters', [record])
    for (const sealed of [orders, payments, dead])
      expect(await verdictOf(encryption, 'dead.letters', sealed[0]!)).toBe('decrypted')
    expect(await verdictOf(encryption, 'mirror', orders[0]!)).toBe('decrypted')
    expect(await verdictOf(encryption, 'mirror', payments[0]!)).toBe('RECORD_BINDING')
    expect(await verdictOf(encryption, 'orders', dead[0]!)).toBe('RECORD_BINDING')
  })
})

describe('the binding of the key', () => {
  const keys = [
    undefined,
    null,
    new Uint8Array(),
    bytes('k'),
    bytes('K'),
    bytes('x'.repeat(64)),
    bytes('x'.repeat(65)),
    bytes('y'.repeat(300)),
  ]

  it('refuses every other key, and takes no key and a null key for the same', async () => {
    const { encryption } = await setUp()
    for (const [i, key] of keys.entries()) {
      const [sealed] = await encryption.encrypt('t', [{ key, value: bytes('v') }])
      for (const [j, other] of keys.entries()) {
        const same = i === j || (i < 2 && j < 2)
        expect([i, j, await verdictOf(encryption, 't', { ...sealed!, key: other })]).toEqual([
          i,
          j,
          same ? 'decrypted' : 'RECORD_BINDING',
        ])
      }
    }
  })

  it('is not compared under key: ignore, and says so', async () => {
    const { encryption } = await setUp({ binding: { key: 'ignore', read: 'require' } })
    const [sealed] = await encryption.encrypt('t', [record])
    const [opened] = await encryption.decrypt('t', [{ ...sealed!, key: bytes('re-keyed') }])
    expect(opened!.keyfold).toEqual({ status: 'decrypted', bound: ['topic'] })
    expect(await verdictOf(encryption, 'elsewhere', sealed!)).toBe('RECORD_BINDING')
  })

  it('is written all the same under key: ignore', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const topics = [{ match: '*', kek: 'kek' }]
    const ignoring = await createRecordEncryption({ kms, topics, binding: { key: 'ignore' } })
    const verifying = await createRecordEncryption({ kms, topics })
    const [sealed] = await ignoring.encrypt('t', [record])
    expect(await verdictOf(verifying, 't', sealed!)).toBe('decrypted')
    expect(await verdictOf(verifying, 't', { ...sealed!, key: bytes('re-keyed') })).toBe('RECORD_BINDING')
  })
})

describe('the binding of the partition', () => {
  it('refuses another partition, and one that the reader does not know', async () => {
    const { encryption } = await setUp({ binding: { partition: true } })
    const [sealed] = await encryption.encrypt('t', [{ ...record, partition: 7 }])
    const [opened] = await encryption.decrypt('t', [sealed!])
    expect(opened!.keyfold.bound).toEqual(['topic', 'key', 'partition'])
    await expect(encryption.decrypt('t', [{ ...sealed!, partition: 8 }])).rejects.toMatchObject({
      code: 'RECORD_BINDING',
      field: 'partition',
      partition: 8,
    })
    await expect(encryption.decrypt('t', [{ ...sealed!, partition: undefined }])).rejects.toMatchObject({
      code: 'RECORD_BINDING',
      field: 'partition',
    })
  })

  it.each([undefined, null, -1, 1.5, Number.NaN, 2 ** 31, '3'])(
    'refuses to write for the partition %o, before any request',
    async (partition) => {
      const { encryption, admin } = await setUp({ binding: { partition: true } })
      await expect(encryption.encrypt('t', [{ ...record, partition: partition as number }])).rejects.toThrow(
        /^"records\[0\]\.partition" expected a partition, which the rule binds, got/,
      )
      expect(admin.calls.resolveKek).toBe(0)
    },
  )

  it("is verified where a record has it, whatever the reader's rule says", async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const topics = [{ match: '*', kek: 'kek' }]
    const writer = await createRecordEncryption({ kms, topics, binding: { partition: true } })
    const plain = await createRecordEncryption({ kms, topics })
    const strict = await createRecordEncryption({ kms, topics, binding: { partition: true, read: 'require' } })
    const [bound] = await writer.encrypt('t', [{ ...record, partition: 0 }])
    const [free] = await plain.encrypt('t', [{ ...record, partition: 0 }])
    expect(await verdictOf(plain, 't', { ...bound!, partition: 1 })).toBe('RECORD_BINDING')
    expect(await verdictOf(strict, 't', bound!)).toBe('decrypted')
    expect(await verdictOf(strict, 't', free!)).toBe('RECORD_BINDING')
    expect(await verdictOf(plain, 't', free!)).toBe('decrypted')
  })
})

describe('the binding of headers', () => {
  const headers = [header('a', '1'), header('b', '2'), header('a', '3'), header('free', 'x'), header('n', null)]

  it('refuses a bound header that was changed, removed, added or reordered, and leaves the others free', async () => {
    const { encryption } = await setUp({ binding: { headers: ['a', 'n', 'absent'] } })
    const [sealed] = await encryption.encrypt('t', [{ ...record, headers }])
    const [mark, ...rest] = sealed!.headers
    const read = (changed: typeof rest): Promise<string> =>
      verdictOf(encryption, 't', { ...sealed!, headers: [mark!, ...changed] })
    expect((await encryption.decrypt('t', [sealed!]))[0]!.keyfold.bound).toEqual([
      'topic',
      'key',
      'headers:a',
      'headers:absent',
      'headers:n',
    ])
    expect(await read(rest.with(0, header('a', '9')))).toBe('RECORD_BINDING')
    expect(await read(rest.slice(1))).toBe('RECORD_BINDING')
    expect(await read([...rest, header('a', '4')])).toBe('RECORD_BINDING')
    expect(await read([...rest, header('absent', '')])).toBe('RECORD_BINDING')
    expect(await read([rest[2]!, rest[1]!, rest[0]!, rest[3]!, rest[4]!])).toBe('RECORD_BINDING')
    expect(await read(rest.filter(({ key }) => key !== 'free'))).toBe('decrypted')
    expect(await read([rest[1]!, ...rest.filter(({ key }) => key !== 'b')])).toBe('decrypted')
    await expect(encryption.decrypt('t', [{ ...sealed!, headers: [mark!] }])).rejects.toMatchObject({
      field: 'headers',
    })
  })

  it('is told with one frozen list for all records that bind the same, partition and headers', async () => {
    const { encryption } = await setUp({ binding: { partition: true, headers: ['b', 'a'] } })
    const sealed = await encryption.encrypt(
      't',
      [0, 0, 1].map((partition) => ({ ...record, partition, headers })),
    )
    const infos = (await encryption.decrypt('t', sealed)).map(({ keyfold }) => keyfold)
    expect(infos[0]!.bound).toEqual(['topic', 'key', 'partition', 'headers:a', 'headers:b'])
    expect(Object.isFrozen(infos[0]!.bound)).toBe(true)
    expect([infos[1], infos[2]].map((info) => info === infos[0])).toEqual([true, true])
  })

  it('cannot tell a null value from an empty one: a client of Kafka makes the one of the other', async () => {
    const { encryption } = await setUp({ binding: { headers: ['n'] } })
    const [sealed] = await encryption.encrypt('t', [{ ...record, headers: [header('n', null)] }])
    const received = sealed!.headers.map((each) => ({ ...each, value: each.value ?? new Uint8Array() }))
    expect(await verdictOf(encryption, 't', { ...sealed!, headers: received })).toBe('decrypted')
  })

  it('goes together with encrypted headers', async () => {
    const { encryption } = await setUp({ encryptHeaders: true, binding: { headers: ['a'], read: 'require' } })
    const [sealed] = await encryption.encrypt('t', [{ ...record, headers }])
    const [opened] = await encryption.decrypt('t', [sealed!])
    expect(opened!.keyfold.bound).toEqual(['topic', 'key', 'headers:a'])
  })

  it('is demanded under require, header by header', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const topics = [{ match: '*', kek: 'kek' }]
    const writer = await createRecordEncryption({ kms, topics, binding: { headers: ['a'] } })
    const reader = await createRecordEncryption({ kms, topics, binding: { headers: ['a', 'b'], read: 'require' } })
    const plain = await createRecordEncryption({ kms, topics })
    const [sealed] = await writer.encrypt('t', [{ ...record, headers }])
    const [free] = await plain.encrypt('t', [{ ...record, headers }])
    await expect(reader.decrypt('t', [sealed!])).rejects.toMatchObject({
      field: 'headers',
      message: expect.stringContaining('"b"') as string,
    })
    await expect(reader.decrypt('t', [free!])).rejects.toMatchObject({ field: 'headers' })
    expect(await verdictOf(plain, 't', sealed!)).toBe('decrypted')
  })

  it('refuses names that make the trailer longer than 1,024 bytes, before any request', async () => {
    const { encryption, admin } = await setUp({
      binding: { headers: Array.from({ length: 16 }, (_, i) => `${i}`.padEnd(80, 'h')) },
    })
    await expect(encryption.encrypt('t', [record])).rejects.toThrow(
      /^"binding\.headers" expected names that fit a trailer of 1024 bytes, got \d+ bytes with "0h/,
    )
    expect(admin.calls.resolveKek).toBe(0)
  })
})

describe('binding.read: require and a KEK with a public key', () => {
  it('do not go together: anybody could have written the record', async () => {
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const forgeable = publicKeyKms(kms)
    const topics = [{ match: '*', kek: 'kek' }]
    const lenient = await createRecordEncryption({ kms: forgeable, topics })
    const strict = await createRecordEncryption({ kms: forgeable, topics, binding: { read: 'require' } })
    const [sealed] = await lenient.encrypt('t', [record])
    expect(await verdictOf(lenient, 't', sealed!)).toBe('decrypted')
    admin.resetCalls()
    expect(await codeOf(strict.encrypt('t', [record]))).toBe('KMS_INVALID_KEY_USAGE')
    expect(await codeOf(strict.decrypt('t', [sealed!]))).toBe('KMS_INVALID_KEY_USAGE')
    const warming = await rejectionOf(strict.prewarm(['t']))
    expect((warming as AggregateError).errors).toMatchObject([{ topic: 't', cause: { code: 'KMS_INVALID_KEY_USAGE' } }])
    expect(admin.calls).toMatchObject({ generateDekPair: 0, decryptEdek: 0 })
  })

  it('go together once that is accepted in writing, for a rule or for all, which is logged at start', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const forgeable = publicKeyKms(kms)
    const acceptForgeableDeks = true
    for (const given of [
      { topics: [{ match: '*', kek: 'kek', acceptForgeableDeks }] },
      { topics: [{ match: '*', kek: 'kek' }], acceptForgeableDeks },
    ]) {
      const warnings: unknown[] = []
      const logger = {
        debug: nothing,
        info: nothing,
        error: nothing,
        warn: (_: object, text?: string) => warnings.push(text),
      }
      const accepting = await createRecordEncryption({ kms: forgeable, ...given, binding: { read: 'require' }, logger })
      const [sealed] = await accepting.encrypt('t', [record])
      expect(await verdictOf(accepting, 't', sealed!)).toBe('decrypted')
      expect(warnings).toContainEqual(expect.stringContaining('acceptForgeableDeks'))
    }
  })

  it('do not go together where one rule takes back what the default accepts, and both rejections name the policy', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }, { alias: 'public' }] })
    const { id } = await kms.resolveKek('public')
    const mixed = publicKeyKms(kms, (kek) => kek.id === id)
    const strict = await createRecordEncryption({
      kms: mixed,
      acceptForgeableDeks: true,
      topics: [
        { match: 'own', kek: 'public', acceptForgeableDeks: false },
        { match: '*', kek: 'kek', trustedKeks: 'boundary', acceptForgeableDeks: false },
      ],
      binding: { read: 'require' },
    })
    const resolving = await rejectionOf(strict.encrypt('own', [record]))
    expect(resolving).toMatchObject({ code: 'KMS_INVALID_KEY_USAGE' })
    expect((resolving as Error).message).toContain('acceptForgeableDeks: true')
    const attacker = await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'public' }] })
    const [forged] = await attacker.encrypt('t', [record])
    const reading = await rejectionOf(strict.decrypt('t', [forged!]))
    expect(reading).toMatchObject({ code: 'RECORD_KEK_UNTRUSTED' })
    expect((reading as Error).message).toContain('acceptForgeableDeks: true')
  })

  it.each([{ trustedKeks: 'boundary' }, { previousKeks: ['*'] }] as const)(
    'do not go together for a KEK that only %o trusts',
    async (trust) => {
      const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }, { alias: 'public' }] })
      const { id } = await kms.resolveKek('public')
      const mixed = publicKeyKms(kms, (kek) => kek.id === id)
      const attacker = await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'public' }] })
      const [forged] = await attacker.encrypt('t', [record])
      const reader = await createRecordEncryption({
        kms: mixed,
        topics: [{ match: '*', kek: 'kek', ...trust }],
        binding: { read: 'require' },
      })
      admin.resetCalls()
      expect(await verdictOf(reader, 't', forged!)).toBe('RECORD_KEK_UNTRUSTED')
      expect(admin.calls.decryptEdek).toBe(0)
      expect(await verdictOf(reader, 't', (await reader.encrypt('t', [record]))[0]!)).toBe('decrypted')
    },
  )
})

describe('records that were opened with nothing bound', () => {
  it('are counted by topic', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const topics = [{ match: '*', kek: 'kek' }]
    const without = await createRecordEncryption({ kms, topics, binding: { write: false } })
    const reader = await createRecordEncryption({ kms, topics })
    await reader.decrypt('a', await without.encrypt('a', [record, record, record]))
    await reader.decrypt('a', await without.encrypt('a', [record]))
    await reader.decrypt('b', await without.encrypt('b', [record]))
    await reader.decrypt('c', await reader.encrypt('c', [record]))
    expect(reader.health().unbound).toEqual({ a: 4, b: 1 })
  })
})
