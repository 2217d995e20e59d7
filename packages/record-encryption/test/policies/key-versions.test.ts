import { describe, expect, it } from 'vitest'

import { AccessDeniedError, KeyVersionAheadError, KmsUnavailableError, type Kms } from '@keyfold/kms-api'

import { createRecordEncryption, type KafkaRecord, type RecordEncryptionOptions } from '../../src/index.ts'
import { failing, records, rejectionOf, setUp, textOf, type SetUp } from '../records/support.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const accessDenied = new AccessDeniedError({ provider: 'inmemory', operation: 'resolveKek' })
const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'resolveKek' })

interface Stage extends SetUp {
  readonly good: readonly KafkaRecord[]
  /** Of version 2, which the KMS has lost, or does not know yet. */
  readonly ahead: KafkaRecord
}

/** A KMS that knows version 1 of a KEK and not version 2, and a reader that has seen neither. */
async function stage(options: Partial<RecordEncryptionOptions> = {}): Promise<Stage> {
  const world = await setUp()
  const good = await world.encryption.encrypt('t', records(2))
  world.admin.rotateKek('kek')
  await world.encryption.rotate()
  world.clock.pass(600 * SECOND)
  const [ahead] = await world.encryption.encrypt('t', records(1))
  world.admin.setKekVersionState('kek', 2, 'ahead')
  world.admin.resetCalls()
  world.logger.lines.length = 0
  const { kms, clock, logger } = world
  const topics = [{ match: '*', kek: 'kek' }]
  return {
    ...world,
    encryption: await createRecordEncryption({ kms, clock, logger, topics, ...options }),
    good,
    ahead: ahead!,
  }
}

/** What is delivered, or the code of what rejected the call. */
async function delivered({ encryption, good, ahead }: Stage): Promise<number | string> {
  const call = encryption.decrypt('t', [good[0]!, ahead, good[1]!])
  return call.then(
    (opened) => opened.length,
    (error: unknown) => (error as { readonly code: string }).code,
  )
}

/** What a node that lags behind responds about version 2. */
async function aheadError({ admin }: Pick<SetUp, 'admin'>): Promise<{ readonly error: KeyVersionAheadError }> {
  const { id } = await admin.connect().resolveKek('kek')
  const kek = { provider: 'inmemory', id, version: '2', wrapping: 'authenticated' } as const
  return { error: new KeyVersionAheadError({ provider: 'inmemory', operation: 'decryptEdek', kek }) }
}

function facade(kms: Kms): Kms {
  return {
    resolveKek: (kekSelector, options) => kms.resolveKek(kekSelector, options),
    generateDekPair: (kek, options) => kms.generateDekPair(kek, options),
    decryptEdek: (kek, edek, options) => kms.decryptEdek(kek, edek, options),
    kekOf: (edek) => kms.kekOf(edek),
    close: () => kms.close(),
    [Symbol.asyncDispose]: () => kms.close(),
  }
}

describe("a version of the rule's own KEK that is disabled", () => {
  it.each(['skip', 'raw', 'throw'] as const)('costs one record, and evicts nothing (%s)', async (onDecryptError) => {
    const world = await stage({ onDecryptError })
    world.admin.setKekVersionState('kek', 2, 'disabled')
    const call = () => world.encryption.decrypt('t', [world.good[0]!, world.ahead, world.good[1]!])
    for (let i = 0; i < 3; i++) {
      if (onDecryptError === 'throw') {
        expect(await rejectionOf(call())).toMatchObject({
          code: 'RECORD_KEY_GONE',
          index: 1,
          message: expect.stringMatching(
            /^RECORD_KEY_GONE t\[1\]: version "2" of KEK ".*", which the record names, is unknown or disabled in the KMS; enable or restore/,
          ),
          cause: { code: 'KMS_KEY_UNAVAILABLE', state: 'version-unavailable' },
        })
      } else expect(await call()).toHaveLength(onDecryptError === 'skip' ? 2 : 3)
    }
    // One for the selector and one for the good EDEK, whatever the record says about its own.
    expect(world.admin.calls).toMatchObject({ resolveKek: 1, decryptEdek: 4 })
    expect(world.encryption.health().status).toBe('ok')
  })
})

describe('a record of a version that the KMS does not know', () => {
  it.each(['skip', 'raw', 'throw', () => undefined] as const)(
    'rejects its batch for 30 seconds, because a standby may catch up (%s)',
    async (onDecryptError) => {
      const world = await stage({ onDecryptError })
      expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
      world.clock.pass(30 * SECOND - 1)
      expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
      world.admin.setKekVersionState('kek', 2, 'enabled')
      expect(await delivered(world)).toBe(3)
    },
  )

  it.each(['skip', 'raw', 'throw'] as const)(
    'is RECORD_KEY_AHEAD later, and %s does not drop it',
    async (onDecryptError) => {
      const world = await stage({ onDecryptError })
      await delivered(world)
      world.clock.pass(30 * SECOND)
      const error = await rejectionOf(world.encryption.decrypt('t', [world.good[0]!, world.ahead]))
      expect(error).toMatchObject({ code: 'RECORD_KEY_AHEAD', index: 1, cause: { code: 'KMS_KEY_VERSION_AHEAD' } })
      expect((error as Error).message).toMatch(
        /^RECORD_KEY_AHEAD t\[1\]: the data key of the record was wrapped by version "2" of KEK ".*", which the KMS does not know: /,
      )
    },
  )

  it('goes to a handler', async () => {
    const codes: string[] = []
    const world = await stage({
      onDecryptError: (_, { code }) => {
        codes.push(code)
        return undefined
      },
    })
    await delivered(world)
    world.clock.pass(30 * SECOND)
    expect(await delivered(world)).toBe(2)
    expect(codes).toEqual(['RECORD_KEY_AHEAD'])
  })

  it.each([
    ['skip', 2],
    ['raw', 3],
  ] as const)('is handled by %s where onKeyAhead: record is written down', async (onDecryptError, length) => {
    const world = await stage({ onDecryptError, onKeyAhead: 'record' })
    expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
    world.clock.pass(30 * SECOND)
    expect(await delivered(world)).toBe(length)
  })

  it('always rejects its batch under onKeyAhead: reject', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'reject' })
    for (let i = 0; i < 5; i++) {
      expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
      world.clock.pass(HOUR / 2)
    }
  })

  it('rejects its batch again when the KMS knows the version by then', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    world.clock.pass(30 * SECOND)
    // The node that resolves has caught up, the one that unwraps has not.
    world.admin.setKekVersionState('kek', 2, 'enabled')
    const { error } = await aheadError(world)
    world.admin.faults = failing('decryptEdek', error)
    expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
    expect(world.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('rejects its batch while the KMS cannot be asked', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    world.clock.pass(30 * SECOND)
    world.admin.faults = failing('resolveKek', down)
    expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
    world.admin.faults = undefined
    world.clock.pass(10 * SECOND)
    expect(await delivered(world)).toBe(2)
  })

  it('is decided by one resolveKek in 10 seconds that began after it arrived', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    world.clock.pass(30 * SECOND)
    const before = world.admin.calls.resolveKek
    expect(await Promise.all([delivered(world), delivered(world), delivered(world)])).toEqual([2, 2, 2])
    expect(world.admin.calls.resolveKek).toBe(before + 1)
    // What arrives later is not decided by that response, and no other is requested yet.
    world.clock.pass(10 * SECOND - 1)
    expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
    expect(world.admin.calls.resolveKek).toBe(before + 1)
    world.clock.pass(1)
    expect(await delivered(world)).toBe(2)
    expect(world.admin.calls.resolveKek).toBe(before + 2)
  })

  it('gives a standby its 30 seconds once an hour, however many versions are forged', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    for (let minutes = 1; minutes < 60; minutes++) {
      world.clock.pass(60 * SECOND)
      expect(await delivered(world)).toBe(2)
    }
    world.clock.pass(60 * SECOND)
    expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
    world.clock.pass(30 * SECOND)
    expect(await delivered(world)).toBe(2)
  })

  it('is logged once per KEK, at error level', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    expect(world.logger.lines).toEqual([])
    for (let i = 0; i < 5; i++) {
      world.clock.pass(60 * SECOND)
      await delivered(world)
    }
    expect(world.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { code: 'RECORD_KEY_AHEAD', kek: { version: '2' }, newest: '1' } },
    ])
  })

  it('is neither remembered nor does it evict: everything opens at once when the KMS knows the version', async () => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record' })
    await delivered(world)
    world.clock.pass(30 * SECOND)
    await delivered(world)
    const { resolveKek, decryptEdek } = world.admin.calls
    world.admin.setKekVersionState('kek', 2, 'enabled')
    expect(await delivered(world)).toBe(3)
    expect(world.admin.calls).toMatchObject({ resolveKek, decryptEdek: decryptEdek + 1 })
  })
})

describe('a version that the KMS has named in this process', () => {
  const ways: [string, (world: Stage) => Promise<unknown>][] = [
    ['resolveKek', async ({ encryption }) => encryption.prewarm(['t'])],
    ['a record that was decrypted', async ({ encryption, ahead }) => encryption.decrypt('t', [ahead])],
  ]
  it.each(ways)('rejects the batch for ever once it is lost: named by %s', async (_, name) => {
    const world = await stage({ onDecryptError: 'skip', onKeyAhead: 'record', resilience: 'none' })
    world.admin.setKekVersionState('kek', 2, 'enabled')
    await name(world)
    world.admin.setKekVersionState('kek', 2, 'ahead')
    for (let i = 0; i < 5; i++) {
      expect(await delivered(world)).toBe('KMS_KEY_VERSION_AHEAD')
      world.clock.pass(HOUR / 2)
    }
  })
})

describe('a KEK that only a glob allows, of a version that the KMS does not know', () => {
  it('is a verdict too, also for a consumer that may not look the KEK up', async () => {
    const { kms, clock, ahead, admin } = await stage()
    const { id } = await kms.resolveKek('kek')
    admin.createKek({ alias: 'own' })
    const topics = [{ match: '*', kek: 'own', previousKeks: ['*'] }]
    for (const denied of [false, true]) {
      const encryption = await createRecordEncryption({ kms, clock, topics, onDecryptError: () => undefined })
      admin.faults = ({ kekSelector }) => {
        if (denied && kekSelector === id) throw accessDenied
      }
      expect(await rejectionOf(encryption.decrypt('t', [ahead]))).toMatchObject({ code: 'KMS_KEY_VERSION_AHEAD' })
      clock.pass(30 * SECOND)
      expect(await encryption.decrypt('t', [ahead])).toEqual([])
    }
  })
})

describe('encrypting while a KMS is behind', () => {
  it('drops the DEK in use as soon as a response names an older version, and says so', async () => {
    const world = await setUp()
    world.admin.rotateKek('kek')
    const [newer] = await world.encryption.encrypt('t', records(1))
    world.admin.setKekVersionState('kek', 2, 'ahead')
    world.clock.pass(600 * SECOND)
    const [older] = await world.encryption.encrypt('t', records(1))
    expect(world.logger.lines).toMatchObject([
      { level: 'error', fields: { code: 'KMS_KEY_VERSION_AHEAD', kek: { version: '1' }, version: '2' } },
    ])
    // After the restore, only what was encrypted before it is lost.
    const reader = await createRecordEncryption({ kms: world.kms, topics: [{ match: '*', kek: 'kek' }] })
    expect((await reader.decrypt('t', [older!])).map(({ value }) => textOf(value))).toEqual(['value 0'])
    expect(await rejectionOf(reader.decrypt('t', [newer!]))).toMatchObject({ code: 'KMS_KEY_VERSION_AHEAD' })
    // Its successor is not dropped as well.
    world.clock.pass(600 * SECOND)
    const { generateDekPair } = world.admin.calls
    await world.encryption.encrypt('t', records(1))
    expect(world.admin.calls.generateDekPair).toBe(generateDekPair)
  })

  it('drops the DEK of a version that the KMS does not know when it is read', async () => {
    const world = await setUp({ resilience: 'none' })
    world.admin.rotateKek('kek')
    const sealed = await world.encryption.encrypt('t', records(1))
    world.admin.faults = failing('decryptEdek', (await aheadError(world)).error)
    await rejectionOf(world.encryption.decrypt('t', sealed))
    expect(world.encryption.health().encryptionDeks).toBe(0)
    expect(world.logger.lines).toMatchObject([{ level: 'error', fields: { code: 'KMS_KEY_VERSION_AHEAD' } }])
  })

  it('does not take an older response of another alias for a KMS that is behind', async () => {
    const world = await setUp({ topics: [{ match: '*', kek: '$(topicName)' }] }, ['a'])
    world.admin.setAlias('b', 'a')
    await world.encryption.encrypt('a', records(1))
    world.admin.rotateKek('a')
    await world.encryption.encrypt('b', records(1))
    const { generateDekPair } = world.admin.calls
    for (let i = 0; i < 3; i++) for (const topic of ['a', 'b']) await world.encryption.encrypt(topic, records(1))
    expect(world.admin.calls.generateDekPair).toBe(generateDekPair)
    expect(world.logger.lines).toEqual([])
  })

  it.each(['a newer version', 'another form of version'])('keeps the DEK for %s', async (what) => {
    const { kms, admin } = await setUp()
    const versions = what === 'a newer version' ? ['1', '2'] : ['b', 'a']
    let at = 0
    const versioned: Kms = {
      ...facade(kms),
      resolveKek: async (s) => ({ ...(await kms.resolveKek(s)), version: versions[at]! }),
    }
    const world = await setUp({ kms: versioned, resilience: 'none' })
    await world.encryption.encrypt('t', records(1))
    at = 1
    await world.encryption.encrypt('t', records(1))
    expect(world.logger.lines).toEqual([])
    expect(admin.calls.generateDekPair).toBe(2)
    expect(world.encryption.health().encryptionDeks).toBe(2)
  })
})
