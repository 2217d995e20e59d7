import { describe, expect, it } from 'vitest'

import { codeOf, edekOf, failing, gate, isDestroyed, records, runsOf, settled, setUp } from '../records/support.ts'
import { down, edekNow, HOUR, MINUTE, noticeUnhandledRejections, oneSlice, setUpWatched } from './world.ts'

noticeUnhandledRejections()

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
    world.admin.faults = () => {
      throw down
    }
    await world.encryption.rotate(topic)
    expect(await codeOf(world.encryption.encrypt('t', records(1)))).toBe('KMS_UNAVAILABLE')
    expect(world.encryption.health()).toMatchObject({ status: 'degraded', encryptionDeks: 0 })
    world.admin.faults = undefined
    expect(await edekNow(world)).not.toBe(first)
  })

  it('holds for a DEK that is on its way', async () => {
    const world = await setUpWatched()
    const { passed, open } = gate()
    world.admin.faults = ({ operation, callNumber }) =>
      operation === 'generateDekPair' && callNumber === 1 ? passed : undefined
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
    await oneSlice()
    await oneSlice()
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
    await oneSlice()
    await oneSlice()
    world.admin.faults = () => {
      throw down
    }
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
    const world = await setUp({
      topics: [
        { match: 'clear', plaintext: 'allow' },
        { match: 't', kek: 'kek' },
      ],
    })
    await world.encryption.rotate('t')
    await world.encryption.rotate('clear')
    expect(world.admin.calls.generateDekPair).toBe(0)
    expect(await codeOf(world.encryption.rotate('unknown'))).toBe('RECORD_NO_RULE')
  })
})

describe('a KEK that is rotated', () => {
  it('shows in a new DEK within the 10 minutes of its cache', async () => {
    const world = await setUp()
    const first = await edekNow(world)
    const rotated = world.admin.rotateKek('kek')
    expect(rotated.version).toBe('2')
    world.clock.pass(8 * MINUTE - 1)
    expect(await edekNow(world)).toBe(first)
    world.clock.pass(1)
    // This use begins the refresh, in the background.
    expect(await edekNow(world)).toBe(first)
    await settled()
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
    const kms = Object.assign(world.watched, {
      resolveKek: async () => ({ provider: kek.provider, id: kek.id, wrapping: kek.wrapping }),
    })
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
