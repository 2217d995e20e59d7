import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  AuthenticationError,
  CircuitOpenError,
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  KmsClosedError,
  KmsConfigError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownKeyError,
} from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  inspectRecord,
  isRecordError,
  type KafkaRecord,
  type RecordEncryption,
  type RecordEncryptionOptions,
} from '../../src/index.ts'
import {
  codeOf,
  failing,
  flipped,
  gate,
  isDestroyed,
  ONE_ATTEMPT,
  records,
  rejectionOf,
  settled,
  setUp,
  textOf,
  verdictOf,
  WatchedKms,
} from '../records/support.ts'

const details = { provider: 'inmemory', operation: 'decryptEdek' } as const

/** 10,000 records under 100 EDEKs, and a reader that has seen none of them. */
async function tenThousand(
  options: Partial<RecordEncryptionOptions>,
  perDek = 100,
): Promise<{ sealed: KafkaRecord[]; reader: RecordEncryption; admin: ReturnType<typeof createInMemoryKms>['admin'] }> {
  const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const topics = [{ match: '*', kek: 'kek' }]
  const writer = await createRecordEncryption({ kms, topics, limits: { records: perDek } })
  const sealed = await writer.encrypt('t', records(10_000))
  const reader = await createRecordEncryption({ kms, topics, resilience: ONE_ATTEMPT, ...options })
  admin.resetCalls()
  return { sealed, reader, admin }
}

describe('10,000 records', () => {
  it.each(['skip', 'raw', 'throw'] as const)(
    'are not taken for bad data while the KMS is down, then denies: onDecryptError %s skips none',
    async (onDecryptError) => {
      const { sealed, reader, admin } = await tenThousand({ onDecryptError })
      await reader.prewarm(['t'])
      for (const error of [new KmsUnavailableError(details), new AccessDeniedError(details)]) {
        admin.faults = failing('decryptEdek', error)
        expect(await rejectionOf(reader.decrypt('t', sealed))).toBe(error)
      }
      admin.faults = undefined
      expect(await reader.decrypt('t', sealed)).toHaveLength(10_000)
    },
  )

  it('are not shown to a handler while the KMS is down for some of them', async () => {
    let handled = 0
    const { sealed, reader, admin } = await tenThousand({
      onDecryptError: () => {
        handled++
        return undefined
      },
    })
    admin.faults = ({ operation, callNumber }) => {
      if (operation === 'decryptEdek' && callNumber > 50) throw new KmsTimeoutError(5_000, details)
    }
    expect(await codeOf(reader.decrypt('t', [flipped(sealed[0]!, -1), ...sealed]))).toBe('KMS_TIMEOUT')
    expect(handled).toBe(0)
  })

  it('with one bad among them give 9,999 in order', async () => {
    const { sealed, reader } = await tenThousand({ onDecryptError: 'skip' })
    const bad = sealed.with(7_777, flipped(sealed[7_777]!, -1))
    const opened = await reader.decrypt('t', bad)
    const expected = records(10_000).toSpliced(7_777, 1)
    expect(opened.map(({ value }) => textOf(value))).toEqual(expected.map(({ value }) => textOf(value)))
    expect(opened.map(({ key }) => textOf(key ?? null))).toEqual(expected.map(({ key }) => textOf(key)))
  })

  it('with one bad among them reject with its place', async () => {
    const { sealed, reader } = await tenThousand({})
    const bad = sealed
      .map((record, offset) => ({ ...record, partition: 3, offset: String(offset) }))
      .map((record, i) => (i === 7_777 || i === 9_000 ? flipped(record, -1) : record))
    const error = await rejectionOf(reader.decrypt('t', bad))
    expect(isRecordError(error, 'RECORD_AUTHENTICATION')).toBe(true)
    expect(error).toMatchObject({ topic: 't', index: 7_777, partition: 3, offset: '7777' })
  })

  it('of one EDEK cost one request, of 100 EDEKs 100', async () => {
    for (const [perDek, calls] of [
      [10_000, 1],
      [100, 100],
    ] as const) {
      const { sealed, reader, admin } = await tenThousand({}, perDek)
      await reader.decrypt('t', sealed)
      expect(admin.calls).toMatchObject({ resolveKek: 1, decryptEdek: calls })
    }
  })

  it('have at most 8 requests of one KEK in flight', async () => {
    const { sealed, reader, admin } = await tenThousand({})
    let running = 0
    let most = 0
    admin.faults = async ({ operation }) => {
      if (operation !== 'decryptEdek') return
      most = Math.max(most, ++running)
      await settled()
      running--
    }
    await reader.decrypt('t', sealed)
    expect(most).toBe(8)
    expect(admin.calls.decryptEdek).toBe(100)
  })
})

describe('what says something about the KMS and nothing about a record', () => {
  const faults = [
    new ThrottledError(details),
    new KmsUnavailableError(details),
    new KmsTimeoutError(100, details),
    new CircuitOpenError(details),
    new KmsOverloadedError(details),
    new AuthenticationError(details),
    new KmsConfigError('x', 'expected y', details),
    new InvalidResponseError('a DEK', details),
    new KmsClosedError(details),
    new AccessDeniedError(details),
    new UnknownKeyError(details),
    new KeyUnavailableError('disabled', details),
  ]

  it.each(faults.map((error) => [error.name, error] as const))(
    'rejects the whole call, as it is: %s',
    async (_, error) => {
      for (const onDecryptError of ['skip', 'raw', () => undefined] as const) {
        const { encryption, admin } = await setUp({ onDecryptError })
        const sealed = await encryption.encrypt('t', records(2))
        admin.faults = failing('decryptEdek', error)
        expect(await rejectionOf(encryption.decrypt('t', sealed))).toBe(error)
      }
    },
  )

  it.each(faults.map((error) => [error.name, error] as const))(
    "rejects the whole call when the rule's KEK cannot be resolved: %s",
    async (_, error) => {
      const { kms, admin, encryption: writer } = await setUp()
      const sealed = await writer.encrypt('t', records(2))
      const { encryption: reader } = await setUp({ kms, onDecryptError: 'skip', onKeyGone: 'record' })
      admin.faults = failing('resolveKek', error)
      expect(await rejectionOf(reader.decrypt('t', sealed))).toBe(error)
      expect(await rejectionOf(reader.encrypt('t', records(1)))).toBe(error)
      expect(admin.calls.decryptEdek).toBe(0)
    },
  )

  it('rejects, and destroys the DEKs that still arrive', async () => {
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const watched = new WatchedKms(kms)
    const encryption = await createRecordEncryption({
      kms: watched,
      topics: [{ match: '*', kek: 'kek' }],
      limits: { records: 1 },
      resilience: 'none',
    })
    const sealed = await encryption.encrypt('t', records(5))
    const { passed, open } = gate()
    admin.faults = ({ operation, callNumber }) => {
      if (operation !== 'decryptEdek') return
      if (callNumber === 3) throw new KmsUnavailableError(details)
      return callNumber > 3 ? passed : undefined
    }
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_UNAVAILABLE')
    open()
    await settled()
    expect(watched.unwrapped.length).toBe(4)
    expect(watched.unwrapped.every(isDestroyed)).toBe(true)
  })
})

describe('a KEK of the rule that is gone', () => {
  const OLD = '5f3c1f8e-93a4-4b0c-8d52-6a1b0e8f7c21'

  it.each(['delete', 'disable', 'deny'] as const)(
    'rejects the call, or is a verdict under onKeyGone: record (%s)',
    async (how) => {
      for (const onKeyGone of ['reject', 'record'] as const) {
        const { encryption, admin } = await setUp(
          {
            onKeyGone,
            topics: [
              { match: 'old', kek: 'old' },
              { match: '*', kek: 'kek', previousKeks: [{ id: OLD }] },
            ],
            topicMapping: { t: ['old'] },
          },
          ['kek', { alias: 'old', id: OLD }],
        )
        const gone = await encryption.encrypt('old', records(1))
        const fine = await encryption.encrypt('t', records(1))
        if (how === 'delete') admin.deleteKek('old')
        if (how === 'disable') admin.disableKek('old')
        const { id } = await admin.connect().resolveKek('kek')
        if (how === 'deny')
          admin.faults = ({ operation, kek }) => {
            if (operation === 'decryptEdek' && kek?.id !== id) throw new AccessDeniedError(details)
          }
        const code = { delete: 'KMS_UNKNOWN_KEY', disable: 'KMS_KEY_UNAVAILABLE', deny: 'KMS_ACCESS_DENIED' }[how]
        const error = await rejectionOf(encryption.decrypt('t', [...fine, ...gone]))
        if (onKeyGone === 'reject') expect(error).toMatchObject({ code })
        else expect(error).toMatchObject({ code: 'RECORD_KEY_GONE', index: 1, cause: { code } })
        expect(await verdictOf(encryption, 't', fine[0]!)).toBe('decrypted')
      }
    },
  )

  it("rejects the call under onKeyGone: record too when the rule's selector itself cannot be resolved", async () => {
    const { encryption, admin, clock } = await setUp({ onKeyGone: 'record', onDecryptError: 'skip' })
    const sealed = await encryption.encrypt('t', records(2))
    admin.disableKek('kek')
    // The selector is still cached: two verdicts, which are skipped.
    expect(await encryption.decrypt('t', sealed)).toEqual([])
    clock.pass(600_000)
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_KEY_UNAVAILABLE')
  })
})

describe('a KEK that only a glob of previousKeks allows', () => {
  it.each(['delete', 'disable'] as const)(
    'is the choice of whoever wrote the record: gone, it is a verdict that blocks nothing else (%s)',
    async (how) => {
      const topics = [
        { match: 'old', kek: 'old' },
        { match: '*', kek: 'kek', previousKeks: ['*'] },
      ]
      const { encryption, admin } = await setUp({ topics, onDecryptError: 'skip', topicMapping: { t: ['old'] } }, [
        'kek',
        'old',
      ])
      const gone = await encryption.encrypt('old', records(1))
      const fine = await encryption.encrypt('t', records(2))
      if (how === 'delete') admin.deleteKek('old')
      else admin.disableKek('old')
      expect((await encryption.decrypt('t', [fine[0]!, gone[0]!, fine[1]!])).map(({ value }) => textOf(value))).toEqual(
        ['value 0', 'value 1'],
      )
    },
  )
})

describe('a version of a KEK that is too old', () => {
  it("is named by the EDEK, and so a verdict even for the rule's own KEK", async () => {
    const { encryption, kms, admin } = await setUp()
    const sealed = await encryption.encrypt('t', records(1))
    const { encryption: reader } = await setUp({ kms, resilience: 'none' })
    admin.faults = failing('decryptEdek', new KeyUnavailableError('too-old', details))
    expect(await verdictOf(reader, 't', sealed[0]!)).toBe('RECORD_KEY_GONE')
  })
})

describe('under trustedKeks: boundary', () => {
  const topics = [
    { match: 'hostile', kek: 'hostile' },
    { match: '*', kek: 'kek', trustedKeks: 'boundary' as const },
  ]

  it.each(['delete', 'disable', 'deny', 'misuse'] as const)(
    'a hostile record under a KEK that is gone is a verdict, and blocks nothing else (%s)',
    async (how) => {
      const { encryption, admin } = await setUp({ topics, onDecryptError: 'skip', topicMapping: { t: ['hostile'] } }, [
        'kek',
        'hostile',
      ])
      const good = await encryption.encrypt('t', records(100))
      const [bad] = await encryption.encrypt('hostile', records(1))
      const { id } = await admin.connect().resolveKek('hostile')
      if (how === 'delete') admin.deleteKek('hostile')
      if (how === 'disable') admin.disableKek('hostile')
      if (how === 'deny')
        admin.faults = ({ operation, kek }) => {
          if (operation === 'decryptEdek' && kek?.id === id) throw new AccessDeniedError(details)
        }
      if (how === 'misuse')
        admin.faults = ({ operation, kek }) => {
          if (operation === 'decryptEdek' && kek?.id === id)
            throw new InvalidKeyUsageError('a key that decrypts', details)
        }
      expect(await verdictOf(await strict(admin.connect()), 't', bad!)).toBe('RECORD_KEY_GONE')
      for (let i = 0; i < 3; i++) {
        const opened = await encryption.decrypt('t', [...good.slice(0, 50), bad!, ...good.slice(50)])
        expect(opened.map(({ value }) => textOf(value))).toEqual(records(100).map(({ value }) => textOf(value)))
      }
      expect((await encryption.encrypt('t', records(1))).length).toBe(1)
    },
  )

  async function strict(kms: ReturnType<typeof createInMemoryKms>['kms']): Promise<RecordEncryption> {
    return createRecordEncryption({ kms, topics, topicMapping: { t: ['hostile'] } })
  }

  it('a KEK of the rule that is gone still rejects the call', async () => {
    const { encryption, admin } = await setUp({ topics, onDecryptError: 'skip' }, ['kek', 'hostile'])
    const sealed = await encryption.encrypt('t', records(3))
    admin.faults = failing('decryptEdek', new AccessDeniedError(details))
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_ACCESS_DENIED')
  })

  it('is announced when record encryption is made, rule by rule', async () => {
    const { logger } = await setUp({ topics }, ['kek', 'hostile'])
    expect(logger.lines).toMatchObject([
      {
        level: 'warn',
        fields: { rule: 1 },
        message: 'topics[1] trusts every KEK that the provider was configured for, not only its own',
      },
    ])
    const all = await setUp({
      trustedKeks: 'boundary',
      topics: [
        { match: 'a', kek: 'kek', trustedKeks: 'rule' },
        { match: '*', kek: 'kek' },
      ],
    })
    expect(all.logger.lines).toMatchObject([{ fields: { rule: 1 } }])
    expect((await setUp()).logger.lines).toEqual([])
  })
})

describe('an EDEK', () => {
  it('that the KMS does not accept is a verdict about its records', async () => {
    const { encryption, admin } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const edekEnd = 2 + sealed!.value![1]!
    // The last byte is the provider's tag; the first is its grammar, so that no request is needed to refuse it.
    expect(await verdictOf(encryption, 't', flipped(sealed!, edekEnd - 1))).toBe('RECORD_EDEK_INVALID')
    const { decryptEdek } = admin.calls
    expect(
      await verdictOf(encryption, 't', { ...sealed!, value: sealed!.value!.map((byte, i) => (i === 2 ? 0xff : byte)) }),
    ).toBe('RECORD_EDEK_INVALID')
    expect(admin.calls.decryptEdek).toBe(decryptEdek)
  })

  it('of an envelope, copied into a record, is a verdict about that record', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const watched = new WatchedKms(kms)
    const topics = [{ match: '*', kek: 'kek' }]
    const writer = await createRecordEncryption({ kms, topics })
    const good = await writer.encrypt('t', records(2))
    await writer.rotate()
    const [copied] = await writer.encrypt('t', records(1))
    const { edek } = inspectRecord(copied!)!
    const claimedElsewhere = Object.assign(watched, {
      decryptEdek: async (...[kek, asked, options]: Parameters<typeof kms.decryptEdek>) => {
        const dek = await kms.decryptEdek(kek, asked, options)
        watched.unwrapped.push(dek)
        if (asked.join() === edek.join()) dek.claim('envelopes')
        return dek
      },
    })
    const reader = await createRecordEncryption({
      kms: claimedElsewhere,
      topics,
      onDecryptError: 'skip',
      resilience: 'none',
    })
    expect(await reader.decrypt('t', [good[0]!, copied!, good[1]!])).toHaveLength(2)
    expect(
      await verdictOf(
        await createRecordEncryption({ kms: claimedElsewhere, topics, resilience: 'none' }),
        't',
        copied!,
      ),
    ).toBe('RECORD_EDEK_INVALID')
    expect(watched.unwrapped.every(isDestroyed)).toBe(true)
  })
})
