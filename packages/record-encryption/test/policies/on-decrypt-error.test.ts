import { describe, expect, it } from 'vitest'

import {
  inspectRecord,
  type KafkaRecord,
  type OnPlaintext,
  type RecordEncryptionOptions,
  type RecordError,
  type RecordErrorCode,
} from '../../src/index.ts'
import { bytes, codeOf, flipped, header, marker, records, rejectionOf, setUp, textOf } from '../records/support.ts'

type Handling = NonNullable<RecordEncryptionOptions['onDecryptError']>

/** A good record, one that is refused with `code`, and a good one. */
async function withRefused(
  code: RecordErrorCode,
  onDecryptError: Handling,
): Promise<{ batch: KafkaRecord[]; decrypt: () => Promise<readonly KafkaRecord[]> }> {
  const { encryption, admin } = await setUp(
    {
      onDecryptError,
      onKeyGone: 'record',
      tombstones: 'pass',
      topics: [
        { match: 'clear', plaintext: 'allow' },
        { match: 'other-kek', kek: 'two' },
        { match: 'strict', kek: 'one', tombstones: 'reject' },
        { match: '*', kek: 'one', previousKeks: ['nothing', ...(code === 'RECORD_KEY_GONE' ? ['*'] : [])] },
      ],
    },
    ['one', 'two'],
  )
  const [first, bad, last] = await encryption.encrypt(code === 'RECORD_TOMBSTONE' ? 'strict' : 't', records(3))
  const topic =
    ({ RECORD_TOMBSTONE: 'strict', RECORD_MARKED: 'clear' } as Partial<Record<RecordErrorCode, string>>)[code] ?? 't'
  const refused: Partial<Record<RecordErrorCode, () => KafkaRecord | Promise<KafkaRecord>>> = {
    RECORD_PLAINTEXT: () => ({ ...records(1)[0]! }),
    RECORD_MARKED: () => bad!,
    RECORD_NESTED: () => ({ ...bad!, headers: [marker(), marker()] }),
    RECORD_TOMBSTONE: () => ({ value: null }),
    RECORD_KEK_UNTRUSTED: async () => (await encryption.encrypt('other-kek', records(1)))[0]!,
    RECORD_BINDING: () => ({ ...bad!, key: bytes('another') }),
    RECORD_MALFORMED: () => ({ ...bad!, value: bad!.value!.slice(0, 40) }),
    RECORD_UNSUPPORTED: () => ({ ...bad!, headers: [marker(Uint8Array.of(3))] }),
    RECORD_AUTHENTICATION: () => flipped(bad!, -1),
    RECORD_EDEK_INVALID: () => flipped(bad!, 2 + bad!.value![1]! - 1),
    RECORD_KEY_GONE: async () => {
      const [gone] = await encryption.encrypt('other-kek', records(1))
      admin.deleteKek('two')
      return gone!
    },
  }
  const batch =
    topic === 'clear'
      ? [{ value: bytes('1') }, await refused[code]!(), { value: bytes('2') }]
      : [first!, await refused[code]!(), last!]
  return { batch, decrypt: () => encryption.decrypt(topic, batch) }
}

const PROTECTED = [
  'RECORD_PLAINTEXT',
  'RECORD_MARKED',
  'RECORD_NESTED',
  'RECORD_TOMBSTONE',
  'RECORD_KEK_UNTRUSTED',
  'RECORD_BINDING',
] as const
const OTHERS = [
  'RECORD_MALFORMED',
  'RECORD_UNSUPPORTED',
  'RECORD_AUTHENTICATION',
  'RECORD_EDEK_INVALID',
  'RECORD_KEY_GONE',
] as const
const ALL = [...PROTECTED, ...OTHERS]

describe('onDecryptError', () => {
  it.each(ALL)('throw rejects with the verdict: %s', async (code) => {
    const { decrypt } = await withRefused(code, 'throw')
    expect(await rejectionOf(decrypt())).toMatchObject({ code, index: 1 })
  })

  it.each(ALL)('skip leaves the record out: %s', async (code) => {
    const { decrypt } = await withRefused(code, 'skip')
    expect(await decrypt()).toHaveLength(2)
  })

  it.each(OTHERS)('raw returns the record as it came: %s', async (code) => {
    const { batch, decrypt } = await withRefused(code, 'raw')
    const opened = await decrypt()
    expect(opened).toHaveLength(3)
    expect(opened[1]).toEqual({ ...batch[1]!, keyfold: { status: 'undecrypted', bound: [] } })
    expect(opened[1]!.value).toBe(batch[1]!.value)
  })

  it.each(PROTECTED)('raw never returns what somebody put there: %s', async (code) => {
    const { decrypt } = await withRefused(code, 'raw')
    expect(await rejectionOf(decrypt())).toMatchObject({ code, index: 1 })
  })

  it.each(ALL)('as a function receives the record and the verdict: %s', async (code) => {
    const seen: [KafkaRecord, RecordError][] = []
    const { batch, decrypt } = await withRefused(code, (record, error) => {
      seen.push([record, error])
      return undefined
    })
    await decrypt()
    expect(seen).toHaveLength(1)
    expect(seen[0]![0]).toBe(batch[1])
    expect(seen[0]![1]).toMatchObject({ code, index: 1 })
  })
})

describe('onDecryptError as a function', () => {
  const three = async (onDecryptError: Handling): Promise<readonly (string | null)[]> => {
    const { encryption } = await setUp({ onDecryptError })
    const sealed = await encryption.encrypt('t', records(3))
    return (await encryption.decrypt('t', [flipped(sealed[0]!, -1), sealed[1]!, flipped(sealed[2]!, -1)])).map(
      ({ value }) => textOf(value),
    )
  }

  it('replaces records, in order, also later', async () => {
    const asked: number[] = []
    const values = await three(async (_record, { index }) => {
      asked.push(index)
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      asked.push(index)
      return { value: bytes(`replaced ${index}`) }
    })
    expect(values).toEqual(['replaced 0', 'value 1', 'replaced 2'])
    expect(asked).toEqual([0, 0, 2, 2])
  })

  it('marks what it gives as undecrypted, with headers', async () => {
    const { encryption } = await setUp({ onDecryptError: () => ({ value: null, headers: [header('why')] }) })
    const [sealed] = await encryption.encrypt('t', records(1))
    const opened = await encryption.decrypt('t', [flipped(sealed!, -1)])
    expect(opened).toEqual([
      { key: sealed!.key, value: null, headers: [header('why')], keyfold: { status: 'undecrypted', bound: [] } },
    ])
  })

  it('keeps what the replacement leaves out, and takes what it writes down', async () => {
    const replacements: object[] = [
      { value: null },
      {},
      { value: null, offset: 9, extra: 1 },
      { value: null, key: null, partition: 5, headers: [] },
    ]
    const { encryption } = await setUp({ onDecryptError: (_, { index }) => replacements[index] })
    const sealed = await encryption.encrypt('t', records(4))
    const received = sealed.map((record, i) => ({
      ...flipped(record, -1),
      partition: 3,
      offset: String(100 + i),
      timestamp: '1700000000000',
      attributes: 0,
    }))
    const [first, second, third, fourth] = await encryption.decrypt('t', received)
    const keyfold = { status: 'undecrypted', bound: [] }
    expect(first).toEqual({ ...received[0], value: null, keyfold })
    expect(second).toEqual({ ...received[1], keyfold })
    expect(third).toEqual({ ...received[2], value: null, offset: 9, extra: 1, keyfold })
    expect(fourth).toEqual({ ...received[3], value: null, key: null, partition: 5, headers: [], keyfold })
    // What the handler was given stays as it was.
    expect(received[0]).toMatchObject({ offset: '100', timestamp: '1700000000000' })
    expect(received[0]).not.toHaveProperty('keyfold')
  })

  it.each([
    [
      'at once',
      () => {
        throw new Error('enough')
      },
    ],
    ['later', () => Promise.reject(new Error('enough'))],
    [
      'in place of the verdict',
      (_: KafkaRecord, error: RecordError) => {
        throw new Error('enough', { cause: error })
      },
    ],
  ])('rejects the call with what it throws, %s', async (_, handler: Handling) => {
    await expect(three(handler)).rejects.toThrow('enough')
  })

  it.each([
    [null, 'null'],
    ['text', 'string'],
    [5, 'number'],
    [[], 'Array'],
    [{ value: undefined }, 'undefined'],
    [{ key: 'text' }, 'string'],
    [{ value: 'text' }, 'string'],
    [{ value: null, headers: {} }, 'object'],
  ])('may give a record or nothing, not %o', async (given, got) => {
    await expect(three(() => given as never)).rejects.toThrow(
      new RegExp(`^"onDecryptError\\[0\\][.a-z]*" expected .*, got ${got}$`),
    )
  })
})

describe('raw', () => {
  it('gives headers where the record has none, and is dropped again by encrypt', async () => {
    const { encryption } = await setUp({ onDecryptError: 'raw' })
    const [sealed] = await encryption.encrypt('t', records(1))
    const [raw] = await encryption.decrypt('t', [flipped(sealed!, -1)])
    expect(Object.isFrozen(raw!.keyfold)).toBe(true)
    expect(await codeOf(encryption.encrypt('t', [raw!]))).toBe('RECORD_NESTED')
    const [again] = await encryption.encrypt('t', [{ ...raw!, headers: [] }])
    expect(again).not.toHaveProperty('keyfold')
    expect(inspectRecord(again!)).toBeDefined()
  })
})

describe('policies of a rule', () => {
  it.each<[keyof RecordEncryptionOptions, OnPlaintext]>([
    ['onPlaintext', 'allow'],
    ['onPlaintext', { allowBefore: { 0: 9n } }],
  ])('%s: %o win over the default', async (name, policy) => {
    const { encryption } = await setUp({
      onPlaintext: 'reject',
      topics: [
        { match: 'lax', kek: 'kek', [name]: policy },
        { match: '*', kek: 'kek' },
      ],
    })
    const record = { value: bytes('v'), partition: 0, offset: 0 }
    expect((await encryption.decrypt('lax', [record]))[0]!.keyfold.status).toBe('clear')
    expect(await codeOf(encryption.decrypt('t', [record]))).toBe('RECORD_PLAINTEXT')
  })

  it('do not undo a stricter default by an undefined that is written down', async () => {
    const { encryption } = await setUp({
      binding: { read: 'require', write: false },
      topics: [
        {
          match: '*',
          kek: 'kek',
          binding: { read: undefined, write: undefined, key: undefined, partition: undefined, headers: undefined },
          onPlaintext: undefined,
        },
      ],
    })
    const sealed = await encryption.encrypt('t', records(1))
    await expect(encryption.decrypt('t', sealed)).rejects.toMatchObject({ code: 'RECORD_BINDING', field: 'trailer' })
  })
})
