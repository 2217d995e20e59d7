import { describe, expect, it } from 'vitest'

import type { KafkaRecord, OnPlaintext, RecordEncryptionOptions } from '../../src/index.ts'
import { bytes, codeOf, flipped, header, headersOf, marker, setUp, textOf, verdictOf } from '../records/support.ts'

const plain = { key: bytes('k'), value: bytes('in clear') }
const bytesOf = (value: Uint8Array | null): Uint8Array => new Uint8Array(value!)
const NO_CALLS = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }

describe('a record without the marker in an encrypted topic', () => {
  it('is refused without a request', async () => {
    const { encryption, admin } = await setUp()
    const records = [{ ...plain, partition: 4, offset: 12n }]
    await expect(encryption.decrypt('t', records)).rejects.toMatchObject({
      code: 'RECORD_PLAINTEXT',
      topic: 't',
      index: 0,
      partition: 4,
      offset: 12n,
    })
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('passes as clear where the rule allows it', async () => {
    const { encryption, admin } = await setUp({ onPlaintext: 'allow' })
    const [opened] = await encryption.decrypt('t', [plain])
    expect(opened).toEqual({ ...plain, headers: [], keyfold: { status: 'clear', bound: [] } })
    expect(opened!.value).toBe(plain.value)
    expect(admin.calls).toEqual(NO_CALLS)
  })

  const before: OnPlaintext = { allowBefore: { 0: 100, 1: 9_007_199_254_740_993n, 2: '9007199254740993', 3: 0 } }
  it.each<[verdict: string, partition: unknown, offset: unknown]>([
    ['clear', 0, 0],
    ['clear', 0, 99],
    ['RECORD_PLAINTEXT', 0, 100],
    ['RECORD_PLAINTEXT', 0, 101],
    ['clear', 0, 0n],
    ['clear', 0, '0'],
    ['clear', 0, 99n],
    ['RECORD_PLAINTEXT', 0, 100n],
    ['clear', 0, '99'],
    ['RECORD_PLAINTEXT', 0, '100'],
    ['clear', 0, '000'],
    ['clear', 1, 9_007_199_254_740_992n],
    ['RECORD_PLAINTEXT', 1, 9_007_199_254_740_993n],
    ['clear', 2, '9007199254740992'],
    ['RECORD_PLAINTEXT', 2, '9007199254740993'],
    ['RECORD_PLAINTEXT', 3, 0],
    ['RECORD_PLAINTEXT', 3, 0n],
    // Missing or no offset: refused.
    ['RECORD_PLAINTEXT', 0, undefined],
    ['RECORD_PLAINTEXT', 0, null],
    ['RECORD_PLAINTEXT', 0, ''],
    ['RECORD_PLAINTEXT', 0, 'abc'],
    ['RECORD_PLAINTEXT', 0, '5x'],
    ['RECORD_PLAINTEXT', 0, ' 5'],
    ['RECORD_PLAINTEXT', 0, '-5'],
    ['RECORD_PLAINTEXT', 0, '0x1'],
    ['RECORD_PLAINTEXT', 0, '5e0'],
    ['RECORD_PLAINTEXT', 0, '1'.repeat(20)],
    ['RECORD_PLAINTEXT', 0, -1],
    ['RECORD_PLAINTEXT', 0, -1n],
    ['RECORD_PLAINTEXT', 0, 5.5],
    ['RECORD_PLAINTEXT', 0, Number.NaN],
    ['RECORD_PLAINTEXT', 0, -Infinity],
    ['RECORD_PLAINTEXT', 0, 2 ** 53],
    ['RECORD_PLAINTEXT', 0, true],
    ['RECORD_PLAINTEXT', 0, {}],
    ['RECORD_PLAINTEXT', 0, [5]],
    // A partition that is not named, or not known: refused.
    ['RECORD_PLAINTEXT', 9, 0],
    ['RECORD_PLAINTEXT', undefined, 0],
    ['RECORD_PLAINTEXT', null, 0],
    ['RECORD_PLAINTEXT', '0', 0],
    ['RECORD_PLAINTEXT', Number.NaN, 0],
  ])('is %s by allowBefore, at partition %o and offset %o', async (verdict, partition, offset) => {
    const record = { ...plain, partition, offset, timestamp: 0 } as KafkaRecord
    const { encryption } = await setUp({ onPlaintext: before })
    expect(await verdictOf(encryption, 't', record)).toBe(verdict)
    const byRule = await setUp({ topics: [{ match: '*', kek: 'kek', onPlaintext: before }] })
    expect(await verdictOf(byRule.encryption, 't', record)).toBe(verdict)
  })

  it('is the business of the rule, whatever the default says', async () => {
    const { encryption } = await setUp({
      onPlaintext: 'allow',
      topics: [
        { match: 'strict', kek: 'kek', onPlaintext: 'reject' },
        { match: '*', kek: 'kek' },
      ],
    })
    expect(await verdictOf(encryption, 'strict', plain)).toBe('RECORD_PLAINTEXT')
    expect(await verdictOf(encryption, 'other', plain)).toBe('clear')
  })
})

describe('a topic that is sent in clear', () => {
  const topics = [
    { match: 'clear', plaintext: 'allow' as const },
    { match: '*', kek: 'kek' },
  ]

  it('takes and gives records as they are, without a request', async () => {
    const { encryption, admin } = await setUp({ topics })
    const [sent] = await encryption.encrypt('clear', [{ ...plain, extra: 1 }])
    expect(sent).toEqual({ ...plain, extra: 1, headers: [] })
    expect((await encryption.decrypt('clear', [sent!]))[0]).toEqual({
      ...plain,
      extra: 1,
      headers: [],
      keyfold: { status: 'clear', bound: [] },
    })
    await encryption.prewarm(['clear'])
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('refuses a marked record without a request, and to send one', async () => {
    const { encryption, admin } = await setUp({ topics })
    const [sealed] = await encryption.encrypt('t', [plain])
    admin.resetCalls()
    expect(await verdictOf(encryption, 'clear', sealed!)).toBe('RECORD_MARKED')
    expect(await verdictOf(encryption, 'clear', { value: null, headers: [marker()] })).toBe('RECORD_MARKED')
    expect(await codeOf(encryption.encrypt('clear', [sealed!]))).toBe('RECORD_NESTED')
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each([{ trustedKeks: 'boundary' as const }, { previousKeks: ['*'] }])(
    'opens a marked record under onMarked: decrypt with %o',
    async (trust) => {
      const { encryption, admin } = await setUp({
        topics: [
          { match: 'clear', plaintext: 'allow', onMarked: 'decrypt', ...trust },
          { match: '*', kek: 'kek' },
        ],
        topicMapping: { clear: ['t'] },
      })
      const [sealed] = await encryption.encrypt('t', [plain])
      admin.resetCalls()
      const [opened] = await encryption.decrypt('clear', [sealed!])
      expect(textOf(opened!.value)).toBe('in clear')
      // It has no KEK of its own that could be resolved; one that it does not name exactly is looked up.
      const lookups = JSON.stringify(trust).includes('{"id"') ? 0 : 1
      expect(admin.calls).toMatchObject({ resolveKek: lookups, decryptEdek: 1 })
      expect(await verdictOf(encryption, 'clear', plain)).toBe('clear')
    },
  )

  it('opens a marked record under onMarked: decrypt only of the KEKs that it names', async () => {
    const { encryption, admin } = await setUp({
      topics: [
        { match: 'clear', plaintext: 'allow', onMarked: 'decrypt', previousKeks: [{ id: 'another' }] },
        { match: '*', kek: 'kek' },
      ],
    })
    const [sealed] = await encryption.encrypt('t', [plain])
    expect(await verdictOf(encryption, 'clear', sealed!)).toBe('RECORD_KEK_UNTRUSTED')
    expect(admin.calls.decryptEdek).toBe(0)
  })

  const NAMED = '5f3c1f8e-93a4-4b0c-8d52-6a1b0e8f7c21'

  it.each(['UNKNOWN_KEY', 'KEY_UNAVAILABLE'])(
    'rejects the call when a KEK that it names is gone (%s), and says so of one that it does not name',
    async (kind) => {
      for (const trust of [
        { previousKeks: [{ id: NAMED }] },
        { previousKeks: ['*'] },
        { trustedKeks: 'boundary' as const },
      ]) {
        const { encryption, admin } = await setUp(
          {
            topics: [
              { match: 'clear', plaintext: 'allow', onMarked: 'decrypt', ...trust },
              { match: '*', kek: 'kek' },
            ],
          },
          [{ alias: 'kek', id: NAMED }],
        )
        const [sealed] = await encryption.encrypt('t', [plain])
        if (kind === 'UNKNOWN_KEY') admin.deleteKek('kek')
        else admin.disableKek('kek')
        expect(await codeOf(encryption.decrypt('clear', [sealed!]))).toBe(
          typeof trust.previousKeks?.[0] === 'object' ? `KMS_${kind}` : 'RECORD_KEY_GONE',
        )
      }
    },
  )
})

describe('a topic without a rule', () => {
  it('is refused both ways, without a request', async () => {
    const { encryption, admin } = await setUp({ topics: [{ match: 'a', kek: 'kek' }] })
    for (const call of [
      encryption.encrypt('b', [plain]),
      encryption.decrypt('b', [plain]),
      encryption.encrypt('b', []),
      encryption.decrypt('b', []),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'RECORD_NO_RULE', topic: 'b', index: -1 })
    }
    expect(admin.calls).toEqual(NO_CALLS)
  })
})

describe('the marker', () => {
  it.each([
    ['a null value', null, 'RECORD_MALFORMED'],
    ['no byte', new Uint8Array(), 'RECORD_MALFORMED'],
    ['two bytes', Uint8Array.of(2, 2), 'RECORD_MALFORMED'],
    ['version 0', Uint8Array.of(0), 'RECORD_UNSUPPORTED'],
    ['version 1', Uint8Array.of(1), 'RECORD_UNSUPPORTED'],
    ['version 3', Uint8Array.of(3), 'RECORD_UNSUPPORTED'],
    ['version 255', Uint8Array.of(255), 'RECORD_UNSUPPORTED'],
  ])('with %s is refused without a request', async (_, value, code) => {
    const { encryption, admin } = await setUp()
    const [sealed] = await encryption.encrypt('t', [plain])
    admin.resetCalls()
    expect(await verdictOf(encryption, 't', { ...sealed!, headers: [marker(value)] })).toBe(code)
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('on a record without a value is malformed: an attacker cannot turn a record into a tombstone and keep it marked', async () => {
    const { encryption, admin } = await setUp()
    expect(await verdictOf(encryption, 't', { value: null, headers: [marker()] })).toBe('RECORD_MALFORMED')
    expect(await verdictOf(encryption, 't', { value: new Uint8Array(), headers: [marker()] })).toBe('RECORD_MALFORMED')
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('that stands twice is refused without a request', async () => {
    const { encryption, admin } = await setUp()
    const [sealed] = await encryption.encrypt('t', [plain])
    admin.resetCalls()
    for (const headers of [
      [marker(), marker()],
      [marker(), header('h'), marker(Uint8Array.of(1))],
      [marker(null), marker()],
    ]) {
      expect(await verdictOf(encryption, 't', { ...sealed!, headers })).toBe('RECORD_NESTED')
    }
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('is found wherever it stands, and it alone is removed', async () => {
    const { encryption } = await setUp()
    const headers = [header('a'), header('b', null), header('a', 'again')]
    const [sealed] = await encryption.encrypt('t', [{ ...plain, headers }])
    expect(sealed!.headers).toEqual([marker(), ...headers])
    for (let at = 0; at <= headers.length; at++) {
      const [opened] = await encryption.decrypt('t', [
        { ...sealed!, headers: headers.toSpliced(at, 0, sealed!.headers[0]!) },
      ])
      expect(opened!.headers).toEqual(headers)
    }
  })

  it('is exact: another spelling is another header', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [plain])
    for (const key of ['Kroxylicious.io/encryption', 'kroxylicious.io/encryption ', 'kroxylicious.io']) {
      expect(await verdictOf(encryption, 't', { ...sealed!, headers: [{ key, value: Uint8Array.of(2) }] })).toBe(
        'RECORD_PLAINTEXT',
      )
    }
  })

  it('that was stripped leaves plaintext, which is refused', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [plain])
    expect(await verdictOf(encryption, 't', { ...sealed!, headers: [] })).toBe('RECORD_PLAINTEXT')
  })
})

describe('a tombstone', () => {
  const tombstone = { key: bytes('k'), value: null }

  it('passes both ways without a request, and is no plaintext', async () => {
    const { encryption, admin } = await setUp({ onPlaintext: 'reject' })
    expect(await encryption.encrypt('t', [tombstone, { ...tombstone, headers: [header('h')] }])).toEqual([
      { ...tombstone, headers: [] },
      { ...tombstone, headers: [header('h')] },
    ])
    expect(await verdictOf(encryption, 't', tombstone)).toBe('clear')
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it('is refused both ways where the rule says so, on clear topics too', async () => {
    const { encryption } = await setUp({
      tombstones: 'reject',
      topics: [
        { match: 'clear', plaintext: 'allow' },
        { match: 'lax', kek: 'kek', tombstones: 'pass' },
        { match: '*', kek: 'kek' },
      ],
    })
    for (const topic of ['t', 'clear']) {
      expect(await codeOf(encryption.encrypt(topic, [plain, tombstone]))).toBe('RECORD_TOMBSTONE')
      expect(await verdictOf(encryption, topic, tombstone)).toBe('RECORD_TOMBSTONE')
    }
    expect(await verdictOf(encryption, 'lax', tombstone)).toBe('clear')
  })

  it('with headers is refused where headers are encrypted: they would leave in clear', async () => {
    const { encryption, admin } = await setUp({ encryptHeaders: true })
    await expect(encryption.encrypt('t', [plain, { ...tombstone, headers: [header('secret')] }])).rejects.toMatchObject(
      { code: 'RECORD_TOMBSTONE', index: 1 },
    )
    expect(admin.calls).toEqual(NO_CALLS)
    expect(await encryption.encrypt('t', [{ ...tombstone, headers: [] }])).toEqual([{ ...tombstone, headers: [] }])
  })

  it('with the marker is not encrypted a second time', async () => {
    const { encryption } = await setUp()
    expect(await codeOf(encryption.encrypt('t', [{ value: null, headers: [marker()] }]))).toBe('RECORD_NESTED')
  })

  it('between records stays where it was', async () => {
    const { encryption } = await setUp()
    const sealed = await encryption.encrypt('t', [plain, tombstone, plain, tombstone])
    const opened = await encryption.decrypt('t', sealed)
    expect(opened.map(({ keyfold }) => keyfold.status)).toEqual(['decrypted', 'clear', 'decrypted', 'clear'])
    expect(opened.map(({ value }) => textOf(value))).toEqual(['in clear', null, 'in clear', null])
  })
})

describe('a record that is encrypted more than once', () => {
  const headers = [header('h', '1')]

  it('is refused at the first layer, unless it is allowed', async () => {
    const { encryption } = await setUp()
    const sealed = await encryption.encrypt('t', [plain])
    await expect(encryption.encrypt('t', sealed)).rejects.toMatchObject({ code: 'RECORD_NESTED', index: 0 })
  })

  it.each([false, true])('opens one layer a call (encryptHeaders: %s)', async (encryptHeaders) => {
    const options: Partial<RecordEncryptionOptions> = { nested: 'allow', encryptHeaders }
    const { encryption } = await setUp(options)
    const one = await encryption.encrypt('t', [{ ...plain, headers }])
    const two = await encryption.encrypt('t', one)
    const three = await encryption.encrypt('t', two)
    expect(three[0]!.headers.filter(({ key }) => key === marker().key)).toHaveLength(encryptHeaders ? 1 : 3)
    const layers = [await encryption.decrypt('t', three)]
    layers.push(await encryption.decrypt('t', layers[0]!))
    layers.push(await encryption.decrypt('t', layers[1]!))
    for (const [i, inner] of [two, one].entries()) {
      const [opened] = layers[i]!
      expect(bytesOf(opened!.value)).toEqual(bytesOf(inner[0]!.value))
      expect(headersOf(opened!)).toEqual(headersOf(inner[0]!))
    }
    expect(headersOf(layers[2]![0]!)).toEqual([['h', '1']])
    expect(textOf(layers[2]![0]!.value)).toBe('in clear')
  })

  it('is refused when a further marker hides among encrypted headers', async () => {
    const { kms, encryption: writer } = await setUp({ nested: 'allow', encryptHeaders: true })
    const reader = await setUp({ kms })
    const two = await writer.encrypt('t', await writer.encrypt('t', [plain]))
    expect(await verdictOf(reader.encryption, 't', two[0]!)).toBe('RECORD_NESTED')
  })
})

describe('encrypted headers', () => {
  const headers = [header('a', 'secret-1'), header('é', null), header('a', ''), header('', 'empty name')]

  it('leave no trace outside, and come back in order', async () => {
    const { encryption } = await setUp({ encryptHeaders: true })
    const sealed = await encryption.encrypt('t', [{ ...plain, headers }, { ...plain, headers: [] }, plain])
    expect(sealed.map((record) => record.headers)).toEqual([[marker()], [marker()], [marker()]])
    const opened = await encryption.decrypt('t', sealed)
    expect(opened.map(headersOf)).toEqual([headersOf({ value: null, headers }), [], []])
  })

  it('replace whatever stands outside', async () => {
    const { encryption } = await setUp({ encryptHeaders: true })
    const [sealed] = await encryption.encrypt('t', [{ ...plain, headers }])
    const [opened] = await encryption.decrypt('t', [
      { ...sealed!, headers: [header('injected'), ...sealed!.headers, header('injected')] },
    ])
    expect(headersOf(opened!)).toEqual(headersOf({ value: null, headers }))
  })

  it("are read by whoever reads, whatever the reader's rule writes", async () => {
    const { kms, encryption: writer } = await setUp({ encryptHeaders: true })
    const { encryption: reader } = await setUp({ kms })
    const [opened] = await reader.decrypt('t', await writer.encrypt('t', [{ ...plain, headers }]))
    expect(headersOf(opened!)).toEqual(headersOf({ value: null, headers }))
  })

  it('do not survive a changed byte', async () => {
    const { encryption } = await setUp({ encryptHeaders: true })
    const [sealed] = await encryption.encrypt('t', [{ ...plain, headers }])
    expect(await verdictOf(encryption, 't', flipped(sealed!, -20))).toBe('RECORD_AUTHENTICATION')
  })
})
