import { describe, expect, it } from 'vitest'

import { encryptionConfigSchema } from '../../src/config/index.ts'
import { createRecordEncryption, type RecordEncryptionOptions } from '../../src/index.ts'
import { setUp, testLogger } from '../records/support.ts'

const kms = {
  resolveKek: () => undefined,
  generateDekPair: () => undefined,
  decryptEdek: () => undefined,
  kekOf: () => undefined,
}
const rule = { match: '*', kek: 'kek' }
const options = (change: object): unknown => ({ kms, topics: [rule], ...change })
const inRule = (change: object): unknown => ({
  kms,
  topics: [
    { match: 'ok', kek: 'kek' },
    { ...rule, ...change },
  ],
})

/** Bad options and the path that the error names. `file`: whether the section of a configuration file refuses it as well. */
const BAD: readonly (readonly [path: string, options: unknown, file?: 'file'])[] = [
  ['options', undefined],
  ['options', null],
  ['options', 'kms'],
  ['options', []],
  ['kms', { topics: [rule] }],
  ['kms', options({ kms: null })],
  ['kms', options({ kms: {} })],
  ['kms', options({ kms: 'aws' })],
  ['kms', options({ kms: { ...kms, kekOf: 'no' } })],
  ['topics', { kms }],
  ['topics', options({ topics: undefined })],
  ['topics', options({ topics: {} }), 'file'],
  ['topics', options({ topics: [] }), 'file'],
  ['topics', options({ topics: 'a' }), 'file'],
  ['topics[0]', options({ topics: [null] }), 'file'],
  ['topics[0]', options({ topics: ['a'] }), 'file'],
  ['topics[1]', options({ topics: [rule, 5] }), 'file'],
  ['topics[0].match', options({ topics: [{ kek: 'kek' }] }), 'file'],
  ['topics[1].match', inRule({ match: '' }), 'file'],
  ['topics[1].match', inRule({ match: 5 }), 'file'],
  ['topics[1].match', inRule({ match: {} }), 'file'],
  ['topics[1].match.regex', inRule({ match: { regex: '' } }), 'file'],
  ['topics[1].match.flags', inRule({ match: { regex: 'a', flags: 'i' } }), 'file'],
  ['topics[1].match', inRule({ match: ['a'] }), 'file'],
  ['topics[1].match', inRule({ match: '.*' })],
  ['topics[1].match', inRule({ match: 'a|b' })],
  ['topics[1].match', inRule({ match: { regex: '(' } })],
  ['topics[1]', inRule({ kek: undefined }), 'file'],
  ['topics[1]', inRule({ plaintext: 'allow' }), 'file'],
  ['topics[1].plaintext', inRule({ kek: undefined, plaintext: 'yes' }), 'file'],
  ['topics[1].plaintext', inRule({ kek: undefined, plaintext: true }), 'file'],
  ['topics[1].kek', inRule({ kek: '' }), 'file'],
  ['topics[1].kek', inRule({ kek: 5 }), 'file'],
  ['topics[1].kek', inRule({ kek: null }), 'file'],
  ['topics[1].kek', inRule({ kek: 'KEK-${topicName}' })],
  ['topics[1].kek', inRule({ kek: 'KEK-$(name)' })],
  ['topics[1].keks', inRule({ keks: [] }), 'file'],
  ['topics[1].onDecryptError', inRule({ onDecryptError: 'skip' }), 'file'],
  ['topics[1].topicMapping', inRule({ topicMapping: {} }), 'file'],
  ['topics[1].previousKeks', inRule({ previousKeks: '*' }), 'file'],
  ['topics[1].previousKeks[0]', inRule({ previousKeks: [''] }), 'file'],
  ['topics[1].previousKeks[0].id', inRule({ previousKeks: [{ id: '' }] }), 'file'],
  ['topics[1].previousKeks[1]', inRule({ previousKeks: ['a', /a/] }), 'file'],
  ['topics[1].previousKeks[0].version', inRule({ previousKeks: [{ id: 'a', version: '1' }] }), 'file'],
  ['topics[1].trustedKeks', inRule({ trustedKeks: 'all' }), 'file'],
  ['topics[1].binding', inRule({ binding: true }), 'file'],
  ['topics[1].binding.write', inRule({ binding: { write: 'yes' } }), 'file'],
  ['topics[1].binding.read', inRule({ binding: { read: 'verify' } }), 'file'],
  ['topics[1].binding.read', inRule({ binding: { read: false } }), 'file'],
  ['topics[1].binding.key', inRule({ binding: { key: true } }), 'file'],
  ['topics[1].binding.partition', inRule({ binding: { partition: 1 } }), 'file'],
  ['topics[1].binding.headers', inRule({ binding: { headers: 'a' } }), 'file'],
  ['topics[1].binding.headers[0]', inRule({ binding: { headers: [''] } }), 'file'],
  ['topics[1].binding.headers', inRule({ binding: { headers: Array(17).fill('a') } }), 'file'],
  ['topics[1].binding.topic', inRule({ binding: { topic: 'verify' } }), 'file'],
  ['topics[1].encryptHeaders', inRule({ encryptHeaders: 'yes' }), 'file'],
  ['topics[1].onPlaintext', inRule({ onPlaintext: 'warn' }), 'file'],
  ['topics[1].onPlaintext', inRule({ onPlaintext: { allowBefore: { x: 5 } } }), 'file'],
  ['topics[1].onPlaintext.allowBefore["0"]', inRule({ onPlaintext: { allowBefore: { 0: -1 } } }), 'file'],
  ['topics[1].onPlaintext', inRule({ onPlaintext: { allowBefore: { 0: 1.5 } } }), 'file'],
  ['topics[1].onPlaintext.allowBefore["0"]', inRule({ onPlaintext: { allowBefore: { 0: '1x' } } }), 'file'],
  ['topics[1].onPlaintext', inRule({ onPlaintext: { allowBefore: { '01': 5 } } }), 'file'],
  ['topics[1].onPlaintext.allowBefore["0"]', inRule({ onPlaintext: { allowBefore: { 0: -1n } } })],
  ['topics[1].onPlaintext.allowBefore["0"]', inRule({ onPlaintext: { allowBefore: { 0: 2 ** 60 } } }), 'file'],
  ['topics[1].onPlaintext', inRule({ onPlaintext: { allowAfter: {} } }), 'file'],
  ['topics[1].onMarked', inRule({ onMarked: 'allow' }), 'file'],
  ['topics[1]', inRule({ kek: undefined, plaintext: 'allow', onMarked: 'decrypt' })],
  ['topics[1]', inRule({ kek: undefined, plaintext: 'allow', onMarked: 'decrypt', previousKeks: [] })],
  ['topics[1].tombstones', inRule({ tombstones: 'allow' }), 'file'],
  ['topics[1].nested', inRule({ nested: true }), 'file'],
  ['previousKeks', options({ previousKeks: {} }), 'file'],
  ['trustedKeks', options({ trustedKeks: 'any' }), 'file'],
  ['binding.read', options({ binding: { read: 'on' } }), 'file'],
  ['encryptHeaders', options({ encryptHeaders: 1 }), 'file'],
  ['onPlaintext', options({ onPlaintext: true }), 'file'],
  ['onPlaintext', options({ onPlaintext: { allowBefore: { abc: 5 } } }), 'file'],
  ['onMarked', options({ onMarked: 'pass' }), 'file'],
  ['tombstones', options({ tombstones: 'drop' }), 'file'],
  ['nested', options({ nested: 'maybe' }), 'file'],
  ['onDecryptError', options({ onDecryptError: 'ignore' }), 'file'],
  ['onDecryptError', options({ onDecryptError: {} }), 'file'],
  ['onKeyGone', options({ onKeyGone: 'skip' }), 'file'],
  ['limits', options({ limits: 5 }), 'file'],
  ['limits.records', options({ limits: { records: 0 } }), 'file'],
  ['limits.records', options({ limits: { records: 2 ** 32 + 1 } }), 'file'],
  ['limits.records', options({ limits: { records: 1.5 } }), 'file'],
  ['limits.records', options({ limits: { records: '5' } }), 'file'],
  ['limits.bytes', options({ limits: { bytes: -1 } }), 'file'],
  ['limits.bytes', options({ limits: { bytes: 2 ** 42 + 1 } }), 'file'],
  ['limits.bytes', options({ limits: { bytes: Number.NaN } }), 'file'],
  ['limits.refreshMs', options({ limits: { refreshMs: 86_400_001 } }), 'file'],
  ['limits.refreshMs', options({ limits: { refreshMs: 0 } }), 'file'],
  ['limits.stopMs', options({ limits: { stopMs: 604_800_001 } }), 'file'],
  ['limits.stopMs', options({ limits: { stopMs: Infinity } }), 'file'],
  ['limits', options({ limits: { refreshMs: 5_000, stopMs: 4_999 } }), 'file'],
  ['limits', options({ limits: { stopMs: 1_000 } }), 'file'],
  ['limits.maxRecords', options({ limits: { maxRecords: 5 } }), 'file'],
  ['topicMapping', options({ topicMapping: [] }), 'file'],
  ['topicMapping.a', options({ topicMapping: { a: 'b' } }), 'file'],
  ['topicMapping.a[0]', options({ topicMapping: { a: [''] } }), 'file'],
  ['topicMapping.a[1]', options({ topicMapping: { a: ['b', 'no topic'] } })],
  ['topicMapping', options({ topicMapping: { 'no topic': ['a'] } })],
  ['resilience', options({ resilience: null })],
  ['resilience', options({ resilience: 'some' })],
  ['logger', options({ logger: {} })],
  ['logger', options({ logger: { ...console, warn: 5 } })],
  ['logger', options({ logger: 'pino' })],
  ['clock', options({ clock: Date })],
  ['clock', options({ clock: { now: () => 0 } })],
  ['clock', options({ clock: null })],
  ['unknown', options({ unknown: 1 }), 'file'],
  ['kek', options({ kek: 'kek' }), 'file'],
  ['rules', options({ rules: [] }), 'file'],
]

describe('createRecordEncryption', () => {
  it('has a table of more than 60 bad options', () => {
    expect(BAD.length).toBeGreaterThan(100)
  })

  it.each(BAD)('refuses with a TypeError that names %s: %o', async (path, bad) => {
    let error: unknown
    try {
      await createRecordEncryption(bad as RecordEncryptionOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TypeError)
    const { message } = error as TypeError
    expect(message.slice(0, message.indexOf(' expected '))).toBe(`"${String(path)}"`)
  })

  it('takes functions, regular expressions, bigints and objects', async () => {
    const made = await createRecordEncryption({
      kms: (await setUp()).kms,
      topics: [
        { match: /a/i, kek: (topic) => topic, onPlaintext: { allowBefore: { 0: 5n, 1: 5, 2: '5' } } },
        { match: { regex: 'b' }, kek: 'k', previousKeks: ['x*', { id: 'y' }] },
        { match: 'c', plaintext: 'allow', onMarked: 'decrypt', trustedKeks: 'boundary' },
      ],
      logger: testLogger(),
      onPlaintext: { allowBefore: { 0: 5n } },
      limits: { records: 2 ** 32, bytes: 2 ** 42, refreshMs: 86_400_000, stopMs: 604_800_000 },
      onDecryptError: () => undefined,
      topicMapping: { a: ['b'] },
      resilience: undefined,
      clock: undefined,
    })
    expect(made.health().status).toBe('ok')
  })

  it('reads its options once', async () => {
    const topics = [{ match: 'clear', plaintext: 'allow' as const }]
    const { encryption } = await setUp({ topics })
    Object.assign(topics[0]!, { match: 'other' })
    topics.push({ match: '*', plaintext: 'allow' })
    await encryption.encrypt('clear', [])
    await expect(encryption.encrypt('other', [])).rejects.toMatchObject({ code: 'RECORD_NO_RULE' })
  })
})

describe('the section encryption of a configuration file', () => {
  const good = {
    topics: [
      { match: 'public.*', plaintext: 'allow' },
      { match: '*', kek: 'KEK-$(topicName)', previousKeks: [], binding: { read: 'verify-if-present' } },
    ],
    onPlaintext: 'reject',
  }

  it('takes what the design shows', () => {
    expect(encryptionConfigSchema.parse(good)).toEqual(good)
  })

  it.each(BAD.filter(([, , file]) => file !== undefined))('refuses what the API refuses: %s in %o', (_, bad) => {
    const section = Object.fromEntries(Object.entries(bad as object).filter(([name]) => name !== 'kms'))
    expect(encryptionConfigSchema.safeParse(section).success).toBe(false)
  })

  it.each([
    { topics: [{ match: '*', kek: () => 'kek' }] },
    { topics: [{ match: /a/, kek: 'kek' }] },
    { ...good, onDecryptError: () => undefined },
    { ...good, onPlaintext: { allowBefore: { 0: 5n } } },
    { ...good, kms: {} },
    { ...good, logger: console },
  ])('refuses what only the API takes: %o', (section) => {
    expect(encryptionConfigSchema.safeParse(section).success).toBe(false)
  })

  it('has a JSON Schema that closes every object', () => {
    const schema = encryptionConfigSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    expect(schema).toMatchObject({ type: 'object', required: ['topics'], additionalProperties: false })
    const text = JSON.stringify(schema)
    expect(text.match(/"type":"object","properties"/g)!.length).toBe(
      text.match(/"additionalProperties":false/g)!.length,
    )
    for (const name of ['previousKeks', 'trustedKeks', 'allowBefore', 'refreshMs', 'topicMapping', 'onKeyGone'])
      expect(text).toContain(`"${name}"`)
  })
})
