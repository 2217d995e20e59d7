import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { KekAdmin, KmsCallOptions } from '@keyfold/kms-api'

import { createInMemoryKms, type InMemoryKmsPair } from '../../src/index.ts'
import provider from '../../src/kms-provider.ts'

const OPERATIONS: [string, (keks: KekAdmin, options: KmsCallOptions, kekSelector: string) => Promise<unknown>][] = [
  ['createKek', (keks, options, kekSelector) => keks.createKek(kekSelector === 'kek' ? 'new' : kekSelector, options)],
  ['rotateKek', (keks, options, kekSelector) => keks.rotateKek(kekSelector, options)],
  ['disableKek', (keks, options, kekSelector) => keks.disableKek(kekSelector, options)],
  ['enableKek', (keks, options, kekSelector) => keks.enableKek(kekSelector, options)],
  [
    'scheduleKekDeletion',
    (keks, options, kekSelector) => keks.scheduleKekDeletion(kekSelector, { days: 7, ...options }),
  ],
  ['cancelKekDeletion', (keks, options, kekSelector) => keks.cancelKekDeletion(kekSelector, options)],
  ['listKekVersions', (keks, options, kekSelector) => keks.listKekVersions(kekSelector, options)],
]

function setUp(): InMemoryKmsPair & { readonly keks: KekAdmin } {
  const pair = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  return { ...pair, keks: pair.admin.kekAdmin() }
}

describe('the administration that every KMS has, in memory', () => {
  it('creates and rotates KEKs that the clients of the same keys use', async () => {
    const { kms, keks } = setUp()
    const created = await keks.createKek('new')
    expect(await kms.resolveKek('new')).toEqual(created)
    const { edek } = await kms.generateDekPair(created)
    const rotated = await keks.rotateKek('new')
    expect(rotated).toEqual({ ...created, version: '2' })
    expect(await kms.resolveKek(created.id)).toEqual(rotated)
    await expect(kms.decryptEdek(rotated, edek)).resolves.toMatchObject({ origin: 'unwrapped' })
  })

  it('disables, enables and schedules deletion, and lists versions with that state', async () => {
    const { kms, keks, admin } = setUp()
    await keks.rotateKek('kek')
    await keks.disableKek('kek')
    await expect(kms.resolveKek('kek')).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'disabled' })
    expect(await keks.listKekVersions('kek')).toEqual([
      { version: '1', state: 'disabled' },
      { version: '2', state: 'disabled' },
    ])
    await keks.enableKek('kek')
    await expect(kms.resolveKek('kek')).resolves.toMatchObject({ version: '2' })
    await keks.scheduleKekDeletion('kek', { days: 7 })
    await expect(kms.resolveKek('kek')).rejects.toMatchObject({ state: 'pending-deletion' })
    await keks.cancelKekDeletion('kek')
    await expect(kms.resolveKek('kek')).rejects.toMatchObject({ state: 'disabled' })
    await keks.enableKek('kek')
    admin.rotateKek('kek')
    admin.setKekVersionState('kek', 1, 'disabled')
    admin.setKekVersionState('kek', 3, 'ahead')
    expect(await keks.listKekVersions('kek')).toEqual([
      { version: '1', state: 'disabled' },
      { version: '2', state: 'enabled' },
    ])
  })

  it.each(['', 'kek', '3f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80'])('rejects the alias %j of a new KEK', async (alias) => {
    await expect(setUp().keks.createKek(alias)).rejects.toThrow(alias === '' ? TypeError : '"alias" expected')
  })

  it.each([0, -1, 1.5, NaN, '7', undefined])('rejects to schedule deletion in %j days', async (days) => {
    const { keks, admin } = setUp()
    const running = keks.scheduleKekDeletion('kek', { days: days as number })
    await expect(running).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'days' })
    expect(admin.stateOf('kek')).toBe('enabled')
  })

  it.each(OPERATIONS)('%s rejects, and never throws, for what it cannot do', async (name, call) => {
    const { keks, admin } = setUp()
    await expect(call(keks, {}, 7 as never)).rejects.toThrow(TypeError)
    if (name !== 'createKek') {
      await expect(call(keks, {}, 'missing')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    }
    const reason = new Error('enough')
    await expect(call(keks, { signal: AbortSignal.abort(reason) }, 'kek')).rejects.toBe(reason)
    await keks.close()
    await keks.close()
    await expect(call(keks, {}, 'kek')).rejects.toMatchObject({ code: 'KMS_CLOSED' })
    expect([admin.stateOf('kek'), admin.exists('new'), admin.listKekVersions('kek').length]).toEqual([
      'enabled',
      false,
      1,
    ])
  })
})

describe('the administration from a configuration', () => {
  const id = '3f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80'
  const value = Buffer.alloc(32, 7).toString('base64')
  const config = { insecure: 'test-only' as const, keks: [{ id, alias: 'payments', versions: [{ value }, { value }] }] }
  const context = { baseDirectory: import.meta.dirname }

  it('lists what the configuration holds', async () => {
    const keks = await provider.admin?.(config, context)
    expect(await keks?.listKekVersions('payments')).toEqual([
      { version: '1', state: 'enabled' },
      { version: '2', state: 'enabled' },
    ])
  })

  it('takes effect in the client that it is given', async () => {
    const [kms, other] = [await provider.create(config, context), await provider.create(config, context)]
    const keks = await provider.admin?.(config, { ...context, clients: { kms } })
    await keks?.disableKek('payments')
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE' })
    await expect(other.resolveKek('payments')).resolves.toMatchObject({ id })
  })

  it.each([{}, null, 'kms'])('rejects a client that is none of this provider: %j', async (kms) => {
    const running = provider.admin?.(config, { ...context, clients: { kms } })
    await expect(running).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'clients.kms' })
  })
})
