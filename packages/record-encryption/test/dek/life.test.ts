import { KmsUnavailableError } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createRecordEncryption } from '../../src/index.ts'
import { codeOf, edekOf, failing, gate, isDestroyed, records, rejectionOf, runsOf, settled, setUp, type SetUp, TestClock, testLogger, WatchedKms } from '../records/support.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'generateDekPair' })

const unhandled: unknown[] = []
const note = (reason: unknown): void => { unhandled.push(reason) }
beforeEach(() => { process.on('unhandledRejection', note) })
afterEach(async () => {
  await settled()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

/** Encrypts one record and says under which EDEK. */
async function edekNow({ encryption }: Pick<SetUp, 'encryption'>, topic = 't'): Promise<string> {
  const [sealed] = await encryption.encrypt(topic, records(1))
  return edekOf(sealed!)
}

/** Record encryption over a KMS that keeps the DEKs which it gave away. */
async function setUpWatched(limits = {}): Promise<SetUp & { readonly watched: WatchedKms }> {
  const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const [watched, clock, logger] = [new WatchedKms(kms), new TestClock(), testLogger()]
  const encryption = await createRecordEncryption({ kms: watched, clock, logger, limits, topics: [{ match: '*', kek: 'kek' }] })
  return { encryption, kms, admin, clock, logger, watched }
}

describe('a DEK of an hour', () => {
  it('is refreshed in the background: nobody waits for it', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    world.clock.pass(HOUR * 0.89)
    await edekNow(world)
    await settled()
    expect(world.admin.calls.generateDekPair).toBe(1)

    const { passed, open } = gate()
    world.admin.faults = ({ operation }) => (operation === 'generateDekPair' ? passed : undefined)
    world.clock.pass(HOUR * 0.11)
    expect(await Promise.all([edekNow(world), edekNow(world), edekNow(world)])).toEqual([first, first, first])
    expect(world.admin.calls.generateDekPair).toBe(2)
    open()
    await settled()
    expect(await edekNow(world)).not.toBe(first)
    expect(world.admin.calls.generateDekPair).toBe(2)
  })

  it('is not refreshed without use: there is no timer', async () => {
    const world = await setUp()
    await edekNow(world)
    world.clock.pass(10 * HOUR)
    await settled()
    expect(world.admin.calls.generateDekPair).toBe(1)
  })

  it('stays in use when its refresh fails, which the logger and health() say; the next try is 5 s later', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    expect(world.encryption.health()).toEqual({ status: 'ok', encryptionDeks: 1, failing: [], unbound: {} })
    world.admin.faults = failing('generateDekPair', down)
    world.clock.pass(HOUR)
    expect(await edekNow(world)).toBe(first)
    await settled()
    const kek = await world.kms.resolveKek('kek')
    expect(world.logger.lines).toMatchObject([{ level: 'warn', fields: { code: 'KMS_UNAVAILABLE', kek } }])
    expect(world.encryption.health()).toEqual({ status: 'degraded', encryptionDeks: 1, failing: [{ kek, code: 'KMS_UNAVAILABLE' }], unbound: {} })

    world.clock.pass(4_999)
    await edekNow(world)
    await settled()
    expect(world.admin.calls.generateDekPair).toBe(2)
    world.clock.pass(1)
    await edekNow(world)
    await settled()
    expect(world.admin.calls.generateDekPair).toBe(3)

    world.admin.faults = undefined
    world.clock.pass(5_000)
    expect(await edekNow(world)).toBe(first)
    await settled()
    expect(await edekNow(world)).not.toBe(first)
    expect(world.encryption.health()).toMatchObject({ status: 'ok', failing: [] })
  })

  it('says UNKNOWN of a failure that is none of the KMS contract, and quotes nothing of it', async () => {
    const world = await setUp()
    await edekNow(world)
    world.admin.faults = failing('generateDekPair', new Error('secret text'))
    world.clock.pass(HOUR)
    await edekNow(world)
    await settled()
    expect(world.encryption.health().failing).toMatchObject([{ code: 'UNKNOWN' }])
    expect(JSON.stringify(world.logger.lines)).not.toContain('secret text')
  })

  it('refuses and destroys a DEK that its KMS gave away twice', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const pair = await kms.generateDekPair(await kms.resolveKek('kek'))
    const given = [pair.dek.lease(), pair.dek.lease()]
    const twice = Object.assign(new WatchedKms(kms), { generateDekPair: () => Promise.resolve({ dek: given.shift()!, edek: pair.edek }) })
    const second = given[1]!
    const topics = [{ match: '*', kek: 'kek' }]
    const [one, other] = [await createRecordEncryption({ kms: twice, topics }), await createRecordEncryption({ kms: twice, topics })]
    await one.encrypt('t', records(1))
    expect(await codeOf(other.encrypt('t', records(1)))).toBe('DEK_CLAIMED')
    expect(isDestroyed(second)).toBe(true)
    expect(other.health().failing).toMatchObject([{ code: 'DEK_CLAIMED' }])
  })
})

describe('a DEK of two hours', () => {
  it('is not used any more', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    world.clock.pass(2 * HOUR - 1)
    world.admin.faults = failing('generateDekPair', down)
    expect(await edekNow(world)).toBe(first)
    await settled()
    world.clock.pass(1)
    expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('KMS_UNAVAILABLE')
    world.admin.faults = undefined
    expect(await edekNow(world)).not.toBe(first)
  })

  it('is reached without a failure while the KMS is down all the time', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    world.admin.faults = () => { throw down }
    for (let minute = 1; minute < 120; minute++) {
      world.clock.pass(MINUTE)
      expect(await edekNow(world)).toBe(first)
    }
    world.clock.pass(MINUTE)
    const error = await rejectionOf(world.encryption.encrypt('t', records(1)))
    expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true })
  })

  it('gives way to another between two slices of a batch', async () => {
    const world = await setUpWatched({ stopMs: 1_000, refreshMs: 1_000 })
    const sealing = world.encryption.encrypt('t', records(1_500))
    await settledSlice()
    world.clock.pass(1_000)
    const runs = runsOf(await sealing)
    expect(runs).toHaveLength(2)
    expect(runs[0]! % 512).toBe(0)
    expect(world.watched.generated.map(isDestroyed)).toEqual([true, false])
  })
})

describe('a DEK that was replaced', () => {
  it('lives until the last slice of the batch that uses it', async () => {
    const world = await setUpWatched()
    await world.encryption.encrypt('t', records(1))
    world.clock.pass(HOUR)
    const { passed, open } = gate()
    world.admin.faults = ({ operation }) => (operation === 'generateDekPair' ? passed : undefined)
    const sealing = world.encryption.encrypt('t', records(4_000))
    await settledSlice()
    open()
    await settledSlice()
    await settledSlice()
    // The new one is there, and the old one still has slices to seal.
    expect(world.watched.generated.map(isDestroyed)).toEqual([false, false])
    const [old, fresh] = [runsOf(await sealing), await edekNow(world)]
    expect(old).toEqual([4_000])
    expect(world.watched.generated.map(isDestroyed)).toEqual([true, false])
    expect(edekOf((await sealing)[3_999]!)).not.toBe(fresh)
  })

  it('is destroyed at once when nobody uses it', async () => {
    const world = await setUpWatched({ records: 1 })
    await world.encryption.encrypt('t', records(1))
    await world.encryption.encrypt('t', records(1))
    expect(world.watched.generated.map(isDestroyed)).toEqual([true, false])
  })
})

/** Lets one slice run. */
async function settledSlice(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  setImmediate(() => { resolve(undefined) })
  await promise
}

describe('rotate()', () => {
  it.each([undefined, 't'])('ends the DEK at once: the next record is under another (%s)', async (topic) => {
    const world = await setUpWatched()
    const first = await edekNow(world)
    await world.encryption.rotate(topic)
    expect(world.watched.generated.map(isDestroyed)).toEqual([true])
    expect(await edekNow(world)).not.toBe(first)
  })

  it.each([undefined, 't'])('holds while the KMS is down: nothing is sealed then (%s)', async (topic) => {
    const world = await setUp()
    const first = await edekNow(world)
    world.admin.faults = () => { throw down }
    await world.encryption.rotate(topic)
    expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('KMS_UNAVAILABLE')
    expect(world.encryption.health()).toMatchObject({ status: 'degraded', encryptionDeks: 0 })
    world.admin.faults = undefined
    expect(await edekNow(world)).not.toBe(first)
  })

  it('holds for a DEK that is on its way', async () => {
    const world = await setUpWatched()
    const { passed, open } = gate()
    world.admin.faults = ({ operation, callNumber }) => (operation === 'generateDekPair' && callNumber === 1 ? passed : undefined)
    const sealing = world.encryption.encrypt('t', records(1))
    await settled()
    await world.encryption.rotate()
    open()
    const [sealed] = await sealing
    // The first was asked for before the rotation.
    expect(world.watched.generated.map(isDestroyed)).toEqual([true, false])
    expect(await edekNow(world)).toBe(edekOf(sealed!))
  })

  it('holds in the middle of a batch: what is left is under another DEK, in order', async () => {
    const world = await setUpWatched()
    const originals = records(5_000)
    const sealing = world.encryption.encrypt('t', originals)
    await settledSlice()
    await settledSlice()
    await world.encryption.rotate('t')
    const sealed = await sealing
    const runs = runsOf(sealed)
    expect(runs).toHaveLength(2)
    expect(runs[0]).toBeGreaterThanOrEqual(512)
    expect(runs[0]).toBeLessThan(5_000)
    expect(sealed.map(({ key }) => key)).toEqual(originals.map(({ key }) => key))
    expect(await world.encryption.decrypt('t', sealed)).toHaveLength(5_000)
  })

  it('in the middle of a batch rejects all of it when the KMS is down', async () => {
    const world = await setUp()
    const sealing = world.encryption.encrypt('t', records(5_000))
    await settledSlice()
    await settledSlice()
    world.admin.faults = () => { throw down }
    await world.encryption.rotate()
    expect(await codeOf(sealing)).toBe('KMS_UNAVAILABLE')
  })

  it('of one topic leaves the DEKs of other KEKs', async () => {
    const world = await setUp({ topics: [{ match: '*', kek: '$(topicName)' }] }, ['a', 'b'])
    const [a, b] = [await edekNow(world, 'a'), await edekNow(world, 'b')]
    await world.encryption.rotate('a')
    expect(await edekNow(world, 'b')).toBe(b)
    expect(await edekNow(world, 'a')).not.toBe(a)
  })

  it('of a topic that has no DEK yet, or is clear, does nothing', async () => {
    const world = await setUp({ topics: [{ match: 'clear', plaintext: 'allow' }, { match: 't', kek: 'kek' }] })
    await world.encryption.rotate('t')
    await world.encryption.rotate('clear')
    expect(world.admin.calls.generateDekPair).toBe(0)
    expect(await codeOf(world.encryption.rotate('unknown'))).toBe('RECORD_NO_RULE')
  })
})

describe('clocks that go different ways', () => {
  it.each([
    ['the machine slept', 6_000, 0],
    ['the wall clock was set forward', 5_001, 0],
    ['the wall clock was set back', -5_001, 0],
    ['the wall clock stood still', 0, 5_001],
  ])('for more than 5 s drop all DEKs: %s', async (_, wall, steady) => {
    const world = await setUpWatched()
    const first = await edekNow(world)
    world.clock.wall += wall
    world.clock.steady += steady
    expect(await edekNow(world)).not.toBe(first)
    expect(isDestroyed(world.watched.generated[0]!)).toBe(true)
    expect(world.logger.lines).toMatchObject([{ level: 'warn', fields: { code: 'CLOCKS_PARTED' } }])
  })

  it('for 5 s at a time are nothing', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    for (let i = 0; i < 10; i++) {
      world.clock.wall += 5_000
      expect(await edekNow(world)).toBe(first)
    }
  })

  it('in the middle of a batch end the DEK there', async () => {
    const world = await setUp()
    const sealing = world.encryption.encrypt('t', records(3_000))
    await settledSlice()
    world.clock.wall += 60_000
    expect(runsOf(await sealing)).toHaveLength(2)
  })

  it.each(['wall', 'steady'] as const)('make a DEK as old as the faster one says: %s', async (faster) => {
    const world = await setUp()
    const first = await edekNow(world)
    world.admin.faults = failing('generateDekPair', down)
    for (let passed = 5_000; passed < 2 * HOUR; passed += 5_000) {
      world.clock[faster] += 5_000
      expect(await edekNow(world)).toBe(first)
    }
    world.clock[faster] += 5_000
    expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('KMS_UNAVAILABLE')
  })
})

describe('a KEK that is rotated', () => {
  it('shows in a new DEK within the 10 minutes of its cache', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    const rotated = world.admin.rotateKek('kek')
    expect(rotated.version).toBe('2')
    world.clock.pass(10 * MINUTE - 1)
    expect(await edekNow(world)).toBe(first)
    world.clock.pass(1)
    const second = await edekNow(world)
    expect(second).not.toBe(first)
    expect(world.encryption.health().encryptionDeks).toBe(2)
    // The old one is let go when the next is made after it grew too old.
    world.clock.pass(2 * HOUR)
    await edekNow(world)
    expect(world.encryption.health().encryptionDeks).toBe(1)
  })

  it('of a KMS that knows no versions keeps its DEK until that is too old', async () => {
    const world = await setUpWatched()
    const kek = await world.kms.resolveKek('kek')
    const kms = Object.assign(world.watched, { resolveKek: async () => ({ provider: kek.provider, id: kek.id, wrapping: kek.wrapping }) })
    const { encryption } = await setUp({ kms, clock: world.clock })
    const first = await edekNow({ encryption })
    world.admin.rotateKek('kek')
    world.clock.pass(HOUR / 2)
    expect(await edekNow({ encryption })).toBe(first)
  })

  it('leaves what was written before readable', async () => {
    const world = await setUp()
    const sealed = await world.encryption.encrypt('t', records(3))
    world.admin.rotateKek('kek')
    expect(await world.encryption.decrypt('t', sealed)).toHaveLength(3)
  })

  it('ends the report of a version that nobody uses any more', async () => {
    const world = await setUp({ resilience: 'none' })
    world.admin.faults = failing('generateDekPair', down)
    await codeOf(world.encryption.encrypt('t', records(1)))
    expect(world.encryption.health().status).toBe('degraded')
    world.admin.faults = undefined
    world.admin.rotateKek('kek')
    await edekNow(world)
    world.clock.pass(2 * HOUR)
    await edekNow(world)
    expect(world.encryption.health()).toMatchObject({ status: 'ok', encryptionDeks: 1, failing: [] })
  })
})

describe('close()', () => {
  it('destroys the DEKs, refuses all later calls, and leaves the KMS to its owner', async () => {
    const world = await setUpWatched()
    const sealed = await world.encryption.encrypt('t', records(2))
    await world.encryption.decrypt('t', sealed)
    await world.encryption.close()
    await world.encryption.close()
    expect([...world.watched.generated, ...world.watched.unwrapped].map(isDestroyed)).toEqual([true, true])
    const calls = [world.encryption.encrypt('t', records(1)), world.encryption.decrypt('t', sealed), world.encryption.prewarm(['t']), world.encryption.prewarm([]), world.encryption.rotate(), world.encryption.rotate('t')]
    for (const call of calls) expect(await codeOf(call)).toBe('ENCRYPTION_CLOSED')
    expect(world.encryption.health()).toMatchObject({ status: 'down', encryptionDeks: 0 })
    expect((await world.kms.resolveKek('kek')).provider).toBe('inmemory')
  })

  it('ends a batch that is under way', async () => {
    const world = await setUpWatched()
    const sealing = world.encryption.encrypt('t', records(5_000))
    await settledSlice()
    await world.encryption.close()
    expect(await codeOf(sealing)).toBe('ENCRYPTION_CLOSED')
    expect(world.watched.generated.map(isDestroyed)).toEqual([true])
  })

  it('destroys a DEK that arrives later', async () => {
    const world = await setUpWatched()
    const { passed, open } = gate()
    world.admin.faults = ({ operation }) => (operation === 'generateDekPair' ? passed : undefined)
    const sealing = world.encryption.encrypt('t', records(1))
    await settled()
    await world.encryption.close()
    open()
    expect(await codeOf(sealing)).toBe('ENCRYPTION_CLOSED')
    expect(world.watched.generated.map(isDestroyed)).toEqual([true])
  })

  it('refuses a batch whose KEK arrives later, even from a KMS that is no cache of ours', async () => {
    const world = await setUp({ resilience: 'none' })
    const { passed, open } = gate()
    world.admin.faults = () => passed
    const sealing = world.encryption.encrypt('t', records(1))
    await settled()
    await world.encryption.close()
    open()
    expect(await codeOf(sealing)).toBe('ENCRYPTION_CLOSED')
  })

  it('is what `await using` does', async () => {
    const world = await setUp()
    {
      await using encryption = world.encryption
      await encryption.encrypt('t', records(1))
    }
    expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('ENCRYPTION_CLOSED')
  })
})

describe('prewarm()', () => {
  it('asks for everything at once, and the first records need no request', async () => {
    const aliases = Array.from({ length: 20 }, (_, i) => `t${i}`)
    const world = await setUp({ topics: [{ match: 'clear', plaintext: 'allow' }, { match: '*', kek: '$(topicName)' }] }, aliases)
    let running = 0
    let most = 0
    world.admin.faults = async () => {
      most = Math.max(most, ++running)
      await settledSlice()
      running--
    }
    await world.encryption.prewarm([...aliases, ...aliases, 'clear'])
    expect(most).toBe(20)
    expect(world.admin.calls).toMatchObject({ resolveKek: 20, generateDekPair: 20 })
    world.admin.faults = () => { throw down }
    for (const topic of aliases) await edekNow(world, topic)
  })

  it('rejects with each topic and its cause, in order; what succeeded stays', async () => {
    const world = await setUp({ topics: [{ match: 'no-*', kek: 'missing' }, { match: 'good', kek: 'kek' }, { match: 'off', kek: 'off' }] }, ['kek', 'off'])
    world.admin.disableKek('off')
    const error = await rejectionOf(world.encryption.prewarm(['no-1', 'good', 'other', 'off', 'not a topic']))
    expect(error).toBeInstanceOf(AggregateError)
    const { errors, message } = error as AggregateError
    expect(message).toBe('4 of 5 topics could not be prewarmed')
    expect(errors.map(({ topic, cause }: { topic: string; cause: { code?: string; name: string } }) => [topic, cause.code ?? cause.name])).toEqual([
      ['no-1', 'KMS_UNKNOWN_ALIAS'],
      ['other', 'RECORD_NO_RULE'],
      ['off', 'KMS_KEY_UNAVAILABLE'],
      ['not a topic', 'TypeError'],
    ])
    world.admin.faults = () => { throw down }
    await edekNow(world, 'good')
  })

  it('rejects with the reason of an abort', async () => {
    const world = await setUp()
    world.admin.faults = () => gate().passed
    const controller = new AbortController()
    const warming = world.encryption.prewarm(['t'], { signal: controller.signal })
    await settled()
    const reason = { why: 'enough' }
    controller.abort(reason)
    expect(await rejectionOf(warming)).toBe(reason)
    expect(await rejectionOf(world.encryption.prewarm([], { signal: controller.signal }))).toBe(reason)
  })
})

describe('without a clock', () => {
  it('keeps time by itself', async () => {
    const world = await setUp({ clock: undefined, limits: { stopMs: 1, refreshMs: 1 } })
    const first = await edekNow(world)
    const until = performance.now() + 2
    while (performance.now() < until);
    expect(await edekNow(world)).not.toBe(first)
  })
})
