import { describe, expect, it } from 'vitest'

import type { Kms, KmsCallOptions } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, type RecordEncryption, type RecordEncryptionOptions } from '../../src/index.ts'
import { describeTopic } from '../../src/topics/describe-topic.ts'
import { edekOf, records, textOf, verdictOf } from '../records/support.ts'

const CONTEXT = { topic: '$(topicName)', tenant: 'acme' }

/** An in-memory KMS that notes the encryption contexts it is given. */
function watchedKms(): {
  readonly kms: Kms
  readonly admin: ReturnType<typeof createInMemoryKms>['admin']
  readonly contexts: [string, unknown][]
} {
  const { kms: inner, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const contexts: [string, unknown][] = []
  const note = (operation: string, options?: KmsCallOptions): void => {
    contexts.push([operation, options?.encryptionContext])
  }
  const kms: Kms = {
    resolveKek: (selector, options) => (note('resolveKek', options), inner.resolveKek(selector, options)),
    generateDekPair: (kek, options) => (note('generateDekPair', options), inner.generateDekPair(kek, options)),
    decryptEdek: (kek, edek, options) => (note('decryptEdek', options), inner.decryptEdek(kek, edek, options)),
    kekOf: (edek) => inner.kekOf(edek),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  }
  return { kms, admin, contexts }
}

const make = (kms: Kms, rule: object, more: Partial<RecordEncryptionOptions> = {}): Promise<RecordEncryption> =>
  createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek', ...rule }], ...more })

describe('the encryption context of a rule', () => {
  it('reaches the KMS in every request, with the name of the topic', async () => {
    const { kms, contexts } = watchedKms()
    const encryption = await make(kms, { encryptionContext: CONTEXT })
    await encryption.decrypt('payments', await encryption.encrypt('payments', records(3)))
    const context = { topic: 'payments', tenant: 'acme' }
    expect(contexts).toEqual([
      ['resolveKek', context],
      ['generateDekPair', context],
      ['decryptEdek', context],
    ])
  })

  it('opens nothing for a reader with another one, or with none', async () => {
    const { kms } = watchedKms()
    const encrypted = await (await make(kms, { encryptionContext: CONTEXT })).encrypt('t', records(1))
    for (const rule of [
      { encryptionContext: { ...CONTEXT, tenant: 'evil' } },
      { encryptionContext: { topic: 't' } },
      {},
    ])
      expect(await verdictOf(await make(kms, rule), 't', encrypted[0]!)).toBe('RECORD_EDEK_INVALID')
  })

  it('gives topics DEKs of their own, though they have one KEK', async () => {
    const { kms, admin } = watchedKms()
    const encryption = await make(kms, { encryptionContext: { topic: '$(topicName)' } })
    const [a, b] = [await encryption.encrypt('a', records(1)), await encryption.encrypt('b', records(1))]
    expect(edekOf(a[0]!)).not.toBe(edekOf(b[0]!))
    expect(admin.calls.generateDekPair).toBe(2)
    expect(await encryption.decrypt('a', a)).toHaveLength(1)
    await expect(encryption.decrypt('b', a)).rejects.toMatchObject({ code: 'RECORD_EDEK_INVALID' })

    const shared = await make(kms, { encryptionContext: { tenant: 'acme' } })
    await shared.encrypt('a', records(1))
    await shared.encrypt('b', records(1))
    expect(admin.calls.generateDekPair).toBe(3)
  })

  it.each([
    ['require', 'RECORD_EDEK_INVALID'],
    ['if-present', 'decrypted'],
  ] as const)('lets older EDEKs without one open: contextRead %s gives %s', async (contextRead, expected) => {
    const { kms, admin } = watchedKms()
    const old = await (await make(kms, {})).encrypt('t', records(1))
    const reader = await make(kms, { encryptionContext: CONTEXT, contextRead })
    admin.resetCalls()
    expect(await verdictOf(reader, 't', old[0]!)).toBe(expected)
    // Read from the bytes of the EDEK, and never tried twice.
    expect(admin.calls.decryptEdek).toBe(expected === 'decrypted' ? 1 : 0)
  })

  it('keeps what an if-present reader opened from a require reader of the same cache', async () => {
    const { kms } = watchedKms()
    const old = await (await make(kms, {})).encrypt('t', records(1))
    const encryption = await createRecordEncryption({
      kms,
      topics: [
        {
          match: 't',
          kek: 'kek',
          encryptionContext: { tenant: 'acme' },
          contextRead: 'if-present',
          binding: { read: 'off' },
        },
        { match: '*', kek: 'kek', encryptionContext: { tenant: 'acme' }, binding: { read: 'off' } },
      ],
    })
    expect(await encryption.decrypt('t', old)).toHaveLength(1)
    await expect(encryption.decrypt('other', old)).rejects.toMatchObject({ code: 'RECORD_EDEK_INVALID' })
  })

  it('is that of the topic a record was written for, where topicMapping names it', async () => {
    const { kms } = watchedKms()
    const rule = { encryptionContext: { topic: '$(topicName)' } }
    const written = await (await make(kms, rule)).encrypt('source', records(2))
    const mirror = await make(kms, rule, { topicMapping: { mirror: ['other', 'source'] } })
    expect((await mirror.decrypt('mirror', written)).map(({ value }) => textOf(value))).toEqual(
      records(2).map(({ value }) => textOf(value)),
    )
    await expect((await make(kms, rule)).decrypt('mirror', written)).rejects.toMatchObject({
      code: 'RECORD_EDEK_INVALID',
    })
  })

  it('opens a record only if its trailer names the topic of that context', async () => {
    const { kms } = watchedKms()
    const writer = await createRecordEncryption({
      kms,
      topics: [{ match: '*', kek: 'kek', encryptionContext: { topic: 'one' } }],
    })
    // An EDEK that is bound to topic "one", and a trailer that names "two".
    const [record] = await writer.encrypt('two', records(1))
    const rule = { encryptionContext: { topic: '$(topicName)' } }
    const reader = await make(kms, rule, { topicMapping: { one: ['two'] } })
    await expect(reader.decrypt('one', [record!])).rejects.toMatchObject({ code: 'RECORD_BINDING' })
  })

  it('is shown by describeTopic, and a placeholder that does not exist is an error', () => {
    const topics = [{ match: '*', kek: 'kek', encryptionContext: CONTEXT }]
    expect(describeTopic({ topics }, 'payments')?.encryptionContext).toEqual({ topic: 'payments', tenant: 'acme' })
    const wrong = [{ match: '*', kek: 'kek', encryptionContext: { topic: '$(topic)' } }]
    expect(() => describeTopic({ topics: wrong }, 'payments')).toThrow('"topics[0].encryptionContext.topic"')
  })

  it('that is read leniently is said at start', async () => {
    const { kms } = watchedKms()
    const lines: string[] = []
    const log = (_: object, text?: string): void => void lines.push(text ?? '')
    const logger = { debug: log, info: log, warn: log, error: log }
    await make(kms, { encryptionContext: CONTEXT, contextRead: 'if-present' }, { logger })
    expect(lines).toEqual([expect.stringContaining('contextRead: if-present')])
  })
})
