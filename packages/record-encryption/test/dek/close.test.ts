import { describe, expect, it } from 'vitest'

import { codeOf, gate, isDestroyed, records, settled, setUp } from '../records/support.ts'
import { noticeUnhandledRejections, oneSlice, setUpWatched } from './world.ts'

noticeUnhandledRejections()

describe('close()', () => {
  it('destroys the DEKs, refuses all later calls, and leaves the KMS to its owner', async () => {
    const world = await setUpWatched()
    const sealed = await world.encryption.encrypt('t', records(2))
    await world.encryption.decrypt('t', sealed)
    await world.encryption.close()
    await world.encryption.close()
    expect([...world.watched.generated, ...world.watched.unwrapped].map(isDestroyed)).toEqual([true, true])
    const calls = [
      world.encryption.encrypt('t', records(1)),
      world.encryption.decrypt('t', sealed),
      world.encryption.prewarm(['t']),
      world.encryption.prewarm([]),
      world.encryption.rotate(),
      world.encryption.rotate('t'),
    ]
    for (const call of calls) expect(await codeOf(call)).toBe('ENCRYPTION_CLOSED')
    expect(world.encryption.health()).toMatchObject({ status: 'down', encryptionDeks: 0 })
    expect((await world.kms.resolveKek('kek')).provider).toBe('inmemory')
  })

  it('ends a batch that is under way', async () => {
    const world = await setUpWatched()
    const sealing = world.encryption.encrypt('t', records(5_000))
    await oneSlice()
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
