import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption } from '../../src/index.ts'
import {
  codeOf,
  edekOf,
  failing,
  gate,
  isDestroyed,
  records,
  rejectionOf,
  runsOf,
  settled,
  setUp,
  WatchedKms,
} from '../records/support.ts'
import { down, edekNow, HOUR, MINUTE, noticeUnhandledRejections, oneSlice, setUpWatched } from './world.ts'

noticeUnhandledRejections()

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
    expect(world.encryption.health()).toEqual({
      status: 'ok',
      encryptionDeks: 1,
      failing: [],
      unresolved: [],
      unbound: {},
      rejected: {},
      decrypting: { failing: [] },
    })
    world.admin.faults = failing('generateDekPair', down)
    world.clock.pass(HOUR)
    expect(await edekNow(world)).toBe(first)
    await settled()
    const kek = await world.kms.resolveKek('kek')
    expect(world.logger.lines).toMatchObject([{ level: 'warn', fields: { code: 'KMS_UNAVAILABLE', kek } }])
    expect(world.encryption.health()).toEqual({
      status: 'degraded',
      encryptionDeks: 1,
      failing: [{ kek, code: 'KMS_UNAVAILABLE' }],
      unresolved: [],
      unbound: {},
      rejected: {},
      decrypting: { failing: [] },
    })

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

  it('quotes nothing of a failure that is none of the KMS contract', async () => {
    const world = await setUp()
    await edekNow(world)
    world.admin.faults = failing('generateDekPair', new Error('secret text'))
    world.clock.pass(HOUR)
    await edekNow(world)
    await settled()
    expect(world.encryption.health().failing).toMatchObject([{ code: 'KMS_INVALID_RESPONSE' }])
    expect(JSON.stringify(world.logger.lines)).not.toContain('secret text')
  })

  it('refuses and destroys a DEK that its KMS gave away twice', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const pair = await kms.generateDekPair(await kms.resolveKek('kek'))
    const given = [pair.dek.lease(), pair.dek.lease()]
    const twice = Object.assign(new WatchedKms(kms), {
      generateDekPair: () => Promise.resolve({ dek: given.shift()!, edek: pair.edek }),
    })
    const second = given[1]!
    const topics = [{ match: '*', kek: 'kek' }]
    const [one, other] = [
      await createRecordEncryption({ kms: twice, topics }),
      await createRecordEncryption({ kms: twice, topics }),
    ]
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
    world.admin.faults = () => {
      throw down
    }
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
    await oneSlice()
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
    await oneSlice()
    open()
    await oneSlice()
    await oneSlice()
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

describe('without a clock', () => {
  it('keeps time by itself', async () => {
    const world = await setUp({ clock: undefined, limits: { stopMs: 1, refreshMs: 1 } })
    const first = await edekNow(world)
    const until = performance.now() + 2
    while (performance.now() < until);
    expect(await edekNow(world)).not.toBe(first)
  })
})

describe('a process that starts while the KMS cannot be asked', () => {
  it('is degraded from its first send on, and well again from the first that succeeds', async () => {
    const world = await setUp()
    world.admin.faults = failing('resolveKek', down)
    for (let i = 0; i < 2; i++) expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('KMS_UNAVAILABLE')
    expect(world.encryption.health()).toMatchObject({
      status: 'degraded',
      encryptionDeks: 0,
      unresolved: [{ kekSelector: 'kek', code: 'KMS_UNAVAILABLE' }],
    })
    world.admin.faults = undefined
    await world.encryption.encrypt('t', records(1))
    expect(world.encryption.health()).toMatchObject({ status: 'ok', unresolved: [] })
  })
})
