import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { KafkaRecord, TopicPolicies } from '../../src/index.ts'
import { ALICE, application, BOB, forger, publicKeyKms, READ_MODES, verdict } from './stage.ts'

/** The tables of docs/threat-model.md, attack by attack. Each is tried under `off`, `verify-if-present` and `require`, in this order. */
interface Attack {
  readonly attack: string
  /** What the attacker puts where; he starts from records that were written by the application. */
  readonly make: () => Promise<KafkaRecord> | KafkaRecord
  readonly topic: string
  readonly policies?: TopicPolicies
  readonly verdicts: readonly [off: string, present: string, require: string]
}

const writing = { partition: true, headers: ['currency'] } as const
const currency = (value: string) => ({ key: 'currency', value: Buffer.from(value) })

async function written(binding: TopicPolicies['binding'], record: Partial<KafkaRecord> = {}): Promise<KafkaRecord> {
  const writer = await application({ binding })
  const [sealed] = await writer.encrypt('payments', [{ key: ALICE, value: Buffer.from('42 EUR'), ...record }])
  return sealed!
}
const bound = (): Promise<KafkaRecord> => written({})
const unbound = (): Promise<KafkaRecord> => written({ write: false })
const boundToAll = async (): Promise<KafkaRecord> => written(writing, { partition: 3, headers: [currency('EUR')] })

const BINDING = 'RECORD_BINDING'
const ATTACKS: readonly Attack[] = [
  { attack: 'nothing is changed', make: bound, topic: 'payments', verdicts: ['opened', 'opened', 'opened'] },
  {
    attack: 'a bound record is moved to another topic of the same KEK',
    make: bound,
    topic: 'refunds',
    verdicts: ['opened', BINDING, BINDING],
  },
  {
    attack: 'a bound record is moved to another key',
    make: async () => ({ ...(await bound()), key: BOB }),
    topic: 'payments',
    verdicts: ['opened', BINDING, BINDING],
  },
  {
    attack: 'a bound record loses its key',
    make: async () => ({ ...(await bound()), key: null }),
    topic: 'payments',
    verdicts: ['opened', BINDING, BINDING],
  },
  {
    attack: 'a record with its partition bound is moved to another',
    make: async () => ({ ...(await boundToAll()), partition: 4 }),
    topic: 'payments',
    verdicts: ['opened', BINDING, BINDING],
  },
  {
    attack: 'a record without its partition bound is moved to another',
    make: async () => ({ ...(await bound()), partition: 4 }),
    topic: 'payments',
    verdicts: ['opened', 'opened', 'opened'],
  },
  {
    attack: 'a bound header is changed',
    make: async () => {
      const record = await boundToAll()
      return { ...record, headers: [record.headers![0]!, currency('USD')] }
    },
    topic: 'payments',
    verdicts: ['opened', BINDING, BINDING],
  },
  {
    attack: 'a header that is not bound is added',
    make: async () => {
      const record = await bound()
      return { ...record, headers: [...record.headers!, currency('USD')] }
    },
    topic: 'payments',
    verdicts: ['opened', 'opened', 'opened'],
  },
  {
    attack: 'an unbound record is moved to another topic of the same KEK',
    make: unbound,
    topic: 'refunds',
    verdicts: ['opened', 'opened', BINDING],
  },
  {
    attack: 'an unbound record stays where it is',
    make: unbound,
    topic: 'payments',
    verdicts: ['opened', 'opened', BINDING],
  },
  {
    attack: 'a record is moved to a topic of another KEK',
    make: unbound,
    topic: 'orders',
    verdicts: ['RECORD_KEK_UNTRUSTED', 'RECORD_KEK_UNTRUSTED', 'RECORD_KEK_UNTRUSTED'],
  },
  {
    attack: 'a record is moved to a clear topic',
    make: bound,
    topic: 'news',
    verdicts: ['RECORD_MARKED', 'RECORD_MARKED', 'RECORD_MARKED'],
  },
  {
    attack: 'a reader of the KEK forges a record and binds it',
    make: () => forger('own', { binds: true })('payments', BOB, '1000000 EUR'),
    topic: 'payments',
    verdicts: ['opened', 'opened', 'opened'],
  },
  {
    attack: 'a co-tenant forges a record under a KEK of his own',
    make: () => forger('neighbour', { binds: true })('payments', BOB, '1000000 EUR'),
    topic: 'payments',
    verdicts: ['RECORD_KEK_UNTRUSTED', 'RECORD_KEK_UNTRUSTED', 'RECORD_KEK_UNTRUSTED'],
  },
  {
    attack: 'a co-tenant forges a record under a KEK of his own, and the rule trusts the whole boundary',
    make: () => forger('neighbour', { binds: true })('payments', BOB, '1000000 EUR'),
    topic: 'payments',
    policies: { trustedKeks: 'boundary' },
    verdicts: ['opened', 'opened', 'opened'],
  },
  {
    attack: 'plaintext is put on an encrypted topic',
    make: () => ({ key: BOB, value: Buffer.from('1000000 EUR') }),
    topic: 'payments',
    verdicts: ['RECORD_PLAINTEXT', 'RECORD_PLAINTEXT', 'RECORD_PLAINTEXT'],
  },
  {
    attack: 'a tombstone is forged',
    make: () => ({ key: ALICE, value: null }),
    topic: 'payments',
    verdicts: ['clear', 'clear', 'clear'],
  },
  {
    attack: 'a tombstone is forged, and the rule rejects them',
    make: () => ({ key: ALICE, value: null }),
    topic: 'payments',
    policies: { tombstones: 'reject' },
    verdicts: ['RECORD_TOMBSTONE', 'RECORD_TOMBSTONE', 'RECORD_TOMBSTONE'],
  },
]

describe('off, verify-if-present and require', () => {
  it.each(ATTACKS)(
    'when $attack: $verdicts.0, $verdicts.1, $verdicts.2',
    async ({ make, topic, policies, verdicts }) => {
      const record = await make()
      const found = await Promise.all(
        READ_MODES.map(async (read) => verdict(await application({ ...policies, binding: { read } }), topic, record)),
      )
      expect(found).toEqual(verdicts)
    },
  )

  it.each(READ_MODES)(
    'let an older record be repeated, records be left out and their order be changed: %s',
    async (read) => {
      const records = await (
        await application()
      ).encrypt(
        'payments',
        ['1', '2', '3'].map((value) => ({ key: ALICE, value: Buffer.from(value) })),
      )
      const reader = await application({ binding: { read } })
      const opened = await reader.decrypt('payments', [records[2]!, records[0]!, records[0]!])
      expect(opened.map(({ value }) => String(value))).toEqual(['3', '1', '1'])
    },
  )
})

describe('a KEK with a public half', () => {
  const forged = forger('own', { binds: true })('payments', BOB, '1000000 EUR')

  it.each([
    ['off', 'opened'],
    ['verify-if-present', 'opened'],
    ['require', 'KMS_INVALID_KEY_USAGE'],
  ] as const)('lets anybody forge records under %s: %s', async (read, expected) => {
    expect(await verdict(await application({ binding: { read } }, publicKeyKms()), 'payments', forged)).toBe(expected)
  })

  it('still keeps a record that the application wrote at its topic and key', async () => {
    const record = await bound()
    expect(await verdict(await application({}, publicKeyKms()), 'refunds', record)).toBe(BINDING)
  })

  it('is refused before the first record, in both directions, where binding is required', async () => {
    const careful = await application({ binding: { read: 'require' } }, publicKeyKms())
    await expect(careful.prewarm(['payments'])).rejects.toMatchObject({
      errors: [{ cause: { code: 'KMS_INVALID_KEY_USAGE' } }],
    })
    await expect(careful.encrypt('payments', [{ value: Buffer.from('42 EUR') }])).rejects.toMatchObject({
      code: 'KMS_INVALID_KEY_USAGE',
    })
  })

  it('is refused record by record where a rule that requires binding trusts it beside its own', async () => {
    const trusting = await application({ binding: { read: 'require' }, trustedKeks: 'boundary' }, publicKeyKms())
    expect(await verdict(trusting, 'payments', forged)).toBe('RECORD_KEK_UNTRUSTED')
  })
})

it('plaintext that allowBefore lets through is whatever the broker says: nothing about it is verified', async () => {
  const reader = await application({ onPlaintext: { allowBefore: { 0: 100 } } })
  const injected = { key: BOB, value: Buffer.from('1000000 EUR') }
  const at = (partition: number | undefined, offset: string | undefined): Promise<string> =>
    verdict(reader, 'payments', { ...injected, partition, offset })
  expect([
    await at(0, '99'),
    await at(0, '100'),
    await at(1, '99'),
    await at(undefined, '99'),
    await at(0, undefined),
  ]).toEqual(['clear', 'RECORD_PLAINTEXT', 'RECORD_PLAINTEXT', 'RECORD_PLAINTEXT', 'RECORD_PLAINTEXT'])
})

it('a marker that is taken off leaves plaintext, which is refused', async () => {
  expect(await verdict(await application(), 'payments', { ...(await bound()), headers: [] })).toBe('RECORD_PLAINTEXT')
})
