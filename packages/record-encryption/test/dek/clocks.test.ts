import { describe, expect, it } from 'vitest'

import { codeOf, failing, isDestroyed, records, runsOf, setUp } from '../records/support.ts'
import { down, edekNow, HOUR, noticeUnhandledRejections, oneSlice, setUpWatched } from './world.ts'

noticeUnhandledRejections()

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
    await oneSlice()
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

describe('a clock that gives no time', () => {
  it.each([
    ['NaN', NaN, 0],
    ['Infinity', Infinity, 0],
    ['NaN', 0, NaN],
    ['string', '5' as unknown as number, 0],
  ])('is an error when the instance is made: %s', async (got, wall, monotonic) => {
    const clock = { now: () => wall, monotonic: () => monotonic }
    await expect(setUp({ clock })).rejects.toThrow(
      new RegExp(`^"clock\\.(now|monotonic)" expected to return a finite number, got ${got}$`),
    )
  })

  it('later on rejects at once, and leaves no DEK behind', async () => {
    const world = await setUpWatched()
    const sealed = await world.encryption.encrypt('t', records(1))
    world.clock.wall = NaN
    await expect(world.encryption.encrypt('t', records(1))).rejects.toThrow('"clock.now" expected')
    await expect(world.encryption.decrypt('t', sealed)).rejects.toThrow('"clock.now" expected')
    world.clock.wall = 1_700_000_000_000
    await world.encryption.rotate()
    world.admin.faults = ({ operation }) => {
      if (operation === 'generateDekPair') world.clock.wall = NaN
    }
    await expect(world.encryption.encrypt('t', records(1))).rejects.toThrow('"clock.now" expected')
    expect(world.watched.generated.map(isDestroyed)).toEqual([true, true])
  })
})
