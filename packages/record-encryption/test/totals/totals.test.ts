import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import { AccessDeniedError, KmsUnavailableError } from '@keyfold/kms-api'

import { createRecordEncryption, RecordError, type KafkaRecord } from '../../src/index.ts'
import { Totals } from '../../src/totals/totals.ts'
import { bytes, failing, flipped, records, rejectionOf, setUp, testLogger } from '../records/support.ts'

const MINUTE = 60_000
const details = { provider: 'inmemory', operation: 'decryptEdek' } as const

describe('what decrypt rejects', () => {
  it.each(['throw', 'skip', 'raw', () => undefined] as const)(
    'is counted by topic and code in health(), and warned of once, whatever becomes of it (%s)',
    async (onDecryptError) => {
      const { encryption, logger } = await setUp({ onDecryptError })
      const [good] = await encryption.encrypt('t', records(1))
      const at = (offset: number): Pick<KafkaRecord, 'partition' | 'offset'> => ({
        partition: 3,
        offset: String(offset),
      })
      const batch = [good!, { ...flipped(good!, -1), ...at(7) }, { ...flipped(good!, -1), ...at(8) }]
      await encryption.decrypt('t', batch).catch(() => undefined)
      await encryption.decrypt('u', [{ value: bytes('clear') }]).catch(() => undefined)
      expect(encryption.health()).toMatchObject({
        status: 'ok',
        rejected: { t: { RECORD_AUTHENTICATION: 2 }, u: { RECORD_PLAINTEXT: 1 } },
      })
      expect(logger.lines).toMatchObject([
        {
          level: 'warn',
          fields: { code: 'RECORD_AUTHENTICATION', topic: 't', count: 2, partition: 3, offset: '7' },
          message: expect.stringContaining('RECORD_AUTHENTICATION t/3@7: '),
        },
        { level: 'warn', fields: { code: 'RECORD_PLAINTEXT', topic: 'u', count: 1 } },
      ])
    },
  )

  it('is warned of once a minute for a topic and code, with how many there were since', async () => {
    const { encryption, logger, clock } = await setUp({ onDecryptError: 'skip' })
    const plaintext = { value: bytes('clear') }
    for (let i = 0; i < 10; i++) await encryption.decrypt('t', [plaintext, plaintext])
    clock.pass(MINUTE - 1)
    await encryption.decrypt('t', [plaintext])
    expect(logger.lines.map(({ fields }) => (fields as { count: number }).count)).toEqual([2])
    clock.pass(1)
    await encryption.decrypt('t', [plaintext])
    expect(logger.lines.map(({ fields }) => (fields as { count: number }).count)).toEqual([2, 20])
  })

  it('is counted before a handler has its turn, which may throw or never end', async () => {
    for (const handler of [
      () => {
        throw new Error('enough')
      },
      () => new Promise<undefined>(() => undefined),
    ]) {
      const { encryption } = await setUp({ onDecryptError: handler })
      void encryption.decrypt('t', [{ value: bytes('clear') }]).catch(() => undefined)
      await expect.poll(() => encryption.health().rejected).toEqual({ t: { RECORD_PLAINTEXT: 1 } })
    }
  })
})

describe('a KEK whose EDEKs cannot be unwrapped', () => {
  it.each(['reject', 'record'] as const)(
    'makes a consumer degraded until one of them is, with the code and since when (onKeyGone: %s)',
    async (onKeyGone) => {
      const { encryption, kms, admin, clock } = await setUp()
      const sealed = await encryption.encrypt('t', records(1))
      const reader = await createRecordEncryption({
        kms,
        clock,
        onKeyGone,
        onDecryptError: 'skip',
        topics: [{ match: '*', kek: 'kek' }],
      })
      expect(reader.health()).toMatchObject({ status: 'ok', decrypting: { failing: [] } })
      const denied = new AccessDeniedError(details)
      admin.faults = failing('decryptEdek', denied)
      await reader.decrypt('t', sealed).catch(() => undefined)
      clock.pass(5_000)
      await reader.decrypt('t', sealed).catch(() => undefined)
      const { id } = await kms.resolveKek('kek')
      expect(reader.health()).toMatchObject({
        status: 'degraded',
        decrypting: { failing: [{ kek: { id }, code: 'KMS_ACCESS_DENIED', sinceMs: 5_000 }] },
      })
      admin.faults = undefined
      await reader.decrypt('t', sealed)
      expect(reader.health()).toMatchObject({ status: 'ok', decrypting: { failing: [] } })
      admin.faults = failing('decryptEdek', denied)
      await reader.decrypt('t', sealed)
      expect(reader.health().status).toBe('ok')
    },
  )

  it('does not make it degraded for one forged EDEK among good ones', async () => {
    const { encryption, kms } = await setUp()
    const [good] = await encryption.encrypt('t', records(1))
    const forged = flipped(good!, 2 + good!.value![1]! - 1)
    const reader = await createRecordEncryption({ kms, onDecryptError: 'skip', topics: [{ match: '*', kek: 'kek' }] })
    for (const batch of [
      [forged, good!],
      [good!, forged],
    ]) {
      expect(await reader.decrypt('t', batch)).toHaveLength(1)
      expect(reader.health()).toMatchObject({ status: 'ok', rejected: { t: {} } })
    }
    expect(reader.health().rejected).toEqual({ t: { RECORD_EDEK_INVALID: 2 } })
  })

  it('leaves an abort out of it', async () => {
    const { encryption, admin } = await setUp()
    const sealed = await encryption.encrypt('t', records(1))
    const controller = new AbortController()
    admin.faults = ({ operation }) => {
      if (operation !== 'decryptEdek') return
      controller.abort(new Error('enough'))
      throw new KmsUnavailableError(details)
    }
    expect(await rejectionOf(encryption.decrypt('t', sealed, { signal: controller.signal }))).toMatchObject({
      message: 'enough',
    })
    expect(encryption.health().status).toBe('ok')
  })
})

describe('the totals of 100,000 topics and KEKs', () => {
  it('keep the 1,000 latest', () => {
    const [clock, logger] = [new TestClock(), testLogger()]
    const totals = new Totals(clock, logger)
    for (let i = 0; i < 100_000; i++) {
      const topic = `t${i}`
      const first = new RecordError('RECORD_PLAINTEXT', 'text', { topic, index: 0 })
      totals.decrypted({
        topic,
        decrypted: 0,
        clear: 0,
        unbound: 1,
        rejected: new Map([['RECORD_PLAINTEXT', { count: 1, first }]]),
        keks: [{ kek: { provider: 'p', id: topic, wrapping: 'authenticated' }, code: 'KMS_TIMEOUT' }],
      })
      logger.lines.length = 0
    }
    const { rejected, unbound, decrypting } = totals.health()
    expect([Object.keys(rejected).length, Object.keys(unbound).length, decrypting.failing.length]).toEqual([
      1_000, 1_000, 1_000,
    ])
    expect(rejected['t99999']).toEqual({ RECORD_PLAINTEXT: 1 })
  })

  it('take a topic for no member of a prototype', () => {
    const totals = new Totals(new TestClock(), undefined)
    for (const topic of ['__proto__', 'constructor', 'toString']) {
      const first = new RecordError('RECORD_PLAINTEXT', 'text', { topic, index: 0 })
      const rejected = new Map([['RECORD_PLAINTEXT', { count: 1, first }]] as const)
      totals.decrypted({ topic, decrypted: 0, clear: 0, unbound: 1, rejected, keks: [] })
    }
    expect(Object.keys(totals.health().rejected).sort()).toEqual(['__proto__', 'constructor', 'toString'])
  })
})
