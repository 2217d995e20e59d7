import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  InvalidKeyUsageError,
  KeyUnavailableError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
} from '@keyfold/kms-api'
import type { FaultCall } from '@keyfold/kms-inmemory'

import { createRecordEncryption, type KafkaRecord, type RecordEncryptionOptions } from '../../src/index.ts'
import { codeOf, records, rejectionOf, setUp, textOf, type SetUp } from '../records/support.ts'

const details = { provider: 'inmemory', operation: 'decryptEdek' } as const
const KEK = '5f3c1f8e-93a4-4b0c-8d52-6a1b0e8f7c21'
const HOSTILE = '5f3c1f8e-93a4-4b0c-8d52-6a1b0e8f7c22'
const MINUTE = 60_000

const aboutHostile = ({ operation, kek, kekSelector }: FaultCall): boolean =>
  kekSelector === HOSTILE || (operation === 'decryptEdek' && kek?.id === HOSTILE)

const trusts: [string, Partial<RecordEncryptionOptions>][] = [
  ['a glob of previousKeks', { previousKeks: ['5f3c1f8e-*'] }],
  ['trustedKeks: boundary', { trustedKeks: 'boundary' }],
]

interface Stage extends SetUp {
  readonly good: readonly KafkaRecord[]
  readonly bad: KafkaRecord
}

/** Two good records of topic "t", and one that was moved there from "hostile", whose KEK only `trust` allows. */
async function stage(trust: Partial<RecordEncryptionOptions>): Promise<Stage> {
  const keks = [
    { alias: 'kek', id: KEK },
    { alias: 'hostile', id: HOSTILE },
  ]
  const world = await setUp({}, keks)
  const options = {
    kms: world.kms,
    clock: world.clock,
    logger: world.logger,
    topics: [
      { match: 'hostile', kek: 'hostile' },
      { match: '*', kek: 'kek', ...trust },
    ],
    topicMapping: { t: ['hostile'] },
    onDecryptError: 'skip',
  } as const
  const writer = await createRecordEncryption(options)
  const good = await writer.encrypt('t', records(2))
  const [bad] = await writer.encrypt('hostile', records(1))
  world.admin.resetCalls()
  return { ...world, encryption: await createRecordEncryption(options), good, bad: bad! }
}

/** What is delivered, or the code of what rejected the call. */
async function delivered({ encryption, good, bad }: Stage): Promise<readonly (string | null)[] | string | undefined> {
  const call = encryption.decrypt('t', [good[0]!, bad, good[1]!])
  return call.then(
    (opened) => opened.map(({ value }) => textOf(value)),
    (error: unknown) => (error as { readonly code?: string }).code,
  )
}

const GOOD = ['value 0', 'value 1']

describe.each(trusts)('a KEK that only %s allows', (_, trust) => {
  it('decrypts, after a lookup by its id', async () => {
    const world = await stage(trust)
    expect(await delivered(world)).toEqual(['value 0', 'value 0', 'value 1'])
    expect(world.admin.calls).toMatchObject({ resolveKek: 2, decryptEdek: 2 })
  })

  const faults: [string, Error][] = [
    ['500', new KmsUnavailableError({ ...details, status: 500 })],
    ['a timeout', new KmsTimeoutError(5_000, details)],
    ['denied', new AccessDeniedError(details)],
    ['disabled', new KeyUnavailableError('disabled', details)],
    ['pending import', new KeyUnavailableError('pending-import', details)],
    ['another kind of key', new InvalidKeyUsageError('an AES key', details)],
  ]
  it.each(faults)('costs its own record when the KMS responds %s about it alone, 200 times', async (_case, error) => {
    const world = await stage(trust)
    world.admin.faults = (call) => {
      if (aboutHostile(call)) throw error
    }
    for (let i = 0; i < 200; i++) expect(await delivered(world)).toEqual(GOOD)
    // The rule's selector, lookup and unwrapping of the hostile KEK, one look whether the KMS works; and one good EDEK.
    expect(world.admin.calls.resolveKek + world.admin.calls.decryptEdek).toBeLessThanOrEqual(5)
    expect(world.encryption.health()).toMatchObject({
      status: 'ok',
      rejected: { t: { RECORD_KEY_GONE: 200 } },
      decrypting: { failing: [] },
    })
  })

  it('is not given up for a moment without a response: 10 seconds later it is requested again', async () => {
    const world = await stage(trust)
    world.admin.faults = (call) => {
      if (aboutHostile(call)) throw new KmsUnavailableError(details)
    }
    expect(await delivered(world)).toEqual(GOOD)
    world.admin.faults = undefined
    expect(await delivered(world)).toEqual(GOOD)
    world.clock.pass(10_000)
    expect(await delivered(world)).toHaveLength(3)
  })

  it('that is disabled is requested again after 10 minutes', async () => {
    const world = await stage(trust)
    world.admin.disableKek('hostile')
    expect(await delivered(world)).toEqual(GOOD)
    world.admin.enableKek('hostile')
    world.clock.pass(10 * MINUTE - 1)
    expect(await delivered(world)).toEqual(GOOD)
    world.clock.pass(1)
    expect(await delivered(world)).toHaveLength(3)
  })

  it('rejects the batch while the whole KMS is down, and the records open when it is back', async () => {
    const world = await stage(trust)
    await world.encryption.prewarm(['t'])
    world.clock.pass(1)
    const down = new KmsUnavailableError(details)
    world.admin.faults = () => {
      throw down
    }
    expect(await rejectionOf(world.encryption.decrypt('t', [world.bad]))).toBe(down)
    world.admin.faults = undefined
    expect(await delivered(world)).toHaveLength(3)
  })

  it('rejects the batch when the KMS throttles: that is about all requests', async () => {
    const world = await stage(trust)
    world.admin.faults = (call) => {
      if (aboutHostile(call)) throw new ThrottledError(details)
    }
    expect(await delivered(world)).toBe('KMS_THROTTLED')
  })

  it('opens for a consumer that may only unwrap: a denied lookup decides nothing', async () => {
    const world = await stage(trust)
    world.admin.faults = ({ kekSelector }) => {
      if (kekSelector === HOSTILE) throw new AccessDeniedError({ ...details, operation: 'resolveKek' })
    }
    for (let i = 0; i < 3; i++) expect(await delivered(world)).toHaveLength(3)
    expect(world.admin.calls).toMatchObject({ resolveKek: 2, decryptEdek: 2 })
  })

  it('opens from the cache while its own key store is down, which stops only what was not seen yet', async () => {
    const world = await stage(trust)
    expect(await delivered(world)).toHaveLength(3)
    world.admin.faults = (call) => {
      if (aboutHostile(call)) throw new KmsUnavailableError(details)
    }
    world.clock.pass(5 * 60 * MINUTE)
    expect(await delivered(world)).toHaveLength(3)
  })

  it.each(['skip', 'raw', 'throw'] as const)(
    'does the same without a cache (onDecryptError: %s)',
    async (onDecryptError) => {
      const { kms, admin, good, bad, clock } = await stage(trust)
      const encryption = await createRecordEncryption({
        kms,
        clock,
        resilience: 'none',
        onDecryptError,
        topics: [{ match: '*', kek: 'kek', ...trust }],
      })
      admin.faults = (call) => {
        if (aboutHostile(call)) throw new KmsUnavailableError({ ...details, status: 500 })
      }
      const call = encryption.decrypt('t', [good[0]!, bad, good[1]!])
      if (onDecryptError === 'throw') expect(await codeOf(call)).toBe('RECORD_KEY_GONE')
      else expect(await call).toHaveLength(onDecryptError === 'skip' ? 2 : 3)
    },
  )
})

describe('a KEK that previousKeks names exactly', () => {
  it('that is down is an outage, without a lookup', async () => {
    const world = await stage({ previousKeks: [{ id: HOSTILE }] })
    world.admin.faults = (call) => {
      if (aboutHostile(call)) throw new KmsUnavailableError(details)
    }
    expect(await delivered(world)).toBe('KMS_UNAVAILABLE')
    expect(world.encryption.health()).toMatchObject({
      status: 'degraded',
      decrypting: { failing: [{ kek: { id: HOSTILE }, code: 'KMS_UNAVAILABLE', sinceMs: 0 }] },
    })
    world.admin.faults = undefined
    expect(await delivered(world)).toHaveLength(3)
    expect(world.encryption.health()).toMatchObject({ status: 'ok', decrypting: { failing: [] } })
    expect(world.admin.calls.resolveKek).toBe(1)
  })
})

describe('hostile records', () => {
  it('of 2,000 KEKs that do not exist push out nothing: the KEK of the rule stays resolved', async () => {
    const world = await stage({ trustedKeks: 'boundary' })
    expect(await delivered(world)).toHaveLength(3)
    const value = Buffer.from(world.bad.value!)
    const at = value.indexOf(Buffer.from(HOSTILE.replaceAll('-', ''), 'hex'))
    expect(at).toBeGreaterThan(0)
    const hostile = Array.from({ length: 2_000 }, (_, i) => {
      const copy = Buffer.from(value)
      copy.writeUInt32BE(i, at)
      return { ...world.bad, value: copy }
    })
    expect(await world.encryption.decrypt('t', hostile)).toEqual([])
    world.admin.resetCalls()
    expect(await world.encryption.decrypt('t', hostile)).toEqual([])
    expect(await delivered(world)).toHaveLength(3)
    expect(world.admin.calls).toMatchObject({ resolveKek: 0, decryptEdek: 0 })
  })

  it('that wait for the KMS do not keep good ones waiting: 8 of 32 requests are theirs', async () => {
    const world = await stage({ trustedKeks: 'boundary' })
    const options = { kms: world.kms, limits: { records: 1 }, resilience: 'none' } as const
    const hostile = await (
      await createRecordEncryption({ ...options, topics: [{ match: '*', kek: 'hostile' }] })
    ).encrypt('t', records(100))
    const good = await (
      await createRecordEncryption({ ...options, topics: [{ match: '*', kek: 'kek' }] })
    ).encrypt('t', records(50))
    let waiting = 0
    let unwrapped = 0
    const { promise, resolve } = Promise.withResolvers<undefined>()
    world.admin.faults = async (call) => {
      if (call.operation !== 'decryptEdek') return
      if (!aboutHostile(call)) {
        if (++unwrapped === 50) resolve(undefined)
        return
      }
      waiting++
      await promise
    }
    const call = world.encryption.decrypt('t', [...hostile, ...good])
    await promise
    expect(waiting).toBe(8)
    expect(await call).toHaveLength(150)
  })
})
