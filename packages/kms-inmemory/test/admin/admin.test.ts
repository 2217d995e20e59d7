import { describe, expect, it } from 'vitest'

import { isKmsError, KmsUnavailableError, type Kek } from '@keyfold/kms-api'
import { cachingKms } from '@keyfold/kms-api/resilience'

import {
  adminOf,
  createInMemoryKms,
  type FaultCall,
  type InMemoryKekOptions,
  type InMemoryKmsAdmin,
} from '../../src/index.ts'
import { ID, OTHER_ID, twoKeks } from '../dek-pairs.ts'

function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('the admin of the in-memory KMS', () => {
  it('makes KEKs with random UUIDs and keys', async () => {
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only' })
    const keks = Array.from({ length: 50 }, () => admin.createKek())
    expect(new Set(keks.map(({ id }) => id)).size).toBe(50)
    for (const { id } of keks)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const kek = admin.createKek({ alias: 'new' })
    expect(await kms.resolveKek('new')).toEqual(kek)
  })

  it('disables one version, or lets it be ahead of what the KMS knows, and everything else works', async () => {
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
    const first = await kms.resolveKek('kek')
    const old = await kms.generateDekPair(first)
    const second = admin.rotateKek('kek')
    const recent = await kms.generateDekPair(second)

    admin.setKekVersionState('kek', second.version!, 'ahead')
    expect(await kms.resolveKek('kek')).toEqual(first)
    await expect(kms.decryptEdek(second, recent.edek)).rejects.toMatchObject({
      code: 'KMS_KEY_VERSION_AHEAD',
      kek: { id: first.id, version: '2' },
    })
    const wrappedByOld = await kms.generateDekPair(second)
    admin.setKekVersionState('kek', 2, 'enabled')
    admin.setKekVersionState('kek', 1, 'disabled')
    for (const { edek } of [old, wrappedByOld]) {
      await expect(kms.decryptEdek(second, edek)).rejects.toMatchObject({
        code: 'KMS_KEY_UNAVAILABLE',
        state: 'version-unavailable',
        kek: { version: '1' },
      })
    }
    await expect(kms.decryptEdek(second, recent.edek)).resolves.toBeDefined()
    expect(
      thrownBy(() => {
        admin.setKekVersionState('kek', 3, 'ahead')
      }),
    ).toMatchObject({ code: 'KMS_CONFIG' })
  })

  const disabled = { code: 'KMS_KEY_UNAVAILABLE', state: 'disabled' }
  const pending = { code: 'KMS_KEY_UNAVAILABLE', state: 'pending-deletion' }
  const uses: [
    string,
    (kek: Kek, admin: InMemoryKmsAdmin) => void,
    Record<string, unknown>,
    Record<string, unknown>,
  ][] = [
    [
      'disabled',
      (kek, admin) => {
        admin.disableKek(kek)
      },
      disabled,
      disabled,
    ],
    [
      'to be deleted',
      (kek, admin) => {
        admin.scheduleKekDeletion(kek)
      },
      pending,
      pending,
    ],
    [
      'deleted',
      (kek, admin) => {
        admin.deleteKek(kek)
      },
      { code: 'KMS_UNKNOWN_ALIAS' },
      { code: 'KMS_UNKNOWN_KEY' },
    ],
  ]
  it.each(uses)('refuses every use of a KEK that is %s, and of no other', async (_, change, resolving, using) => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const other = await kms.resolveKek('salaries')
    const { edek } = await kms.generateDekPair(kek)
    change(kek, admin)
    for (const selector of ['payments', ID]) await expect(kms.resolveKek(selector)).rejects.toMatchObject(resolving)
    await expect(kms.generateDekPair(kek)).rejects.toMatchObject({
      ...using,
      kek: { id: ID },
      operation: 'generateDekPair',
    })
    await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({
      ...using,
      kek: { id: ID },
      operation: 'decryptEdek',
    })
    await expect(kms.decryptEdek(other, (await kms.generateDekPair(other)).edek)).resolves.toBeDefined()
  })

  it('gives a disabled KEK back, and one whose deletion is cancelled as a disabled one', async () => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { edek } = await kms.generateDekPair(kek)
    admin.disableKek('payments')
    admin.cancelKekDeletion('payments')
    expect(admin.stateOf('payments')).toBe('disabled')
    admin.enableKek('payments')
    admin.cancelKekDeletion('payments')
    expect(admin.stateOf(kek)).toBe('enabled')
    await expect(kms.decryptEdek(kek, edek)).resolves.toBeDefined()
    admin.scheduleKekDeletion(ID)
    expect(admin.stateOf(ID)).toBe('pending-deletion')
    admin.cancelKekDeletion(ID)
    expect(admin.stateOf(ID)).toBe('disabled')
  })

  it('points an alias elsewhere; EDEKs name the KEK and still unwrap', async () => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { edek } = await kms.generateDekPair(kek)
    admin.setAlias('payments', 'salaries')
    expect((await kms.resolveKek('payments')).id).toBe(OTHER_ID)
    await expect(kms.decryptEdek(kms.kekOf(edek), edek)).resolves.toBeDefined()
    admin.deleteAlias('payments')
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect([admin.exists(kek), admin.exists('payments'), admin.exists('salaries')]).toEqual([true, false, true])
  })

  it('deletes the aliases with the KEK, so that their names are free', () => {
    const { admin } = twoKeks()
    admin.deleteKek('payments')
    expect([admin.exists(ID), admin.exists('payments'), admin.exists(OTHER_ID)]).toEqual([false, false, true])
    admin.createKek({ id: ID, alias: 'payments' })
    expect(admin.exists('payments')).toBe(true)
  })

  const bad: [string, string, InMemoryKekOptions][] = [
    ['a UUID that is taken', 'id', { id: ID }],
    ['a UUID in upper case', 'id', { id: '0F112233-4455-6677-8899-AABBCCDDEEFF' }],
    ['no UUID', 'id', { id: 'payments' }],
    ['an alias that is taken', 'alias', { alias: 'payments' }],
    ['an empty alias', 'alias', { alias: '' }],
    ['an alias that looks like a UUID', 'alias', { alias: '0F112233-4455-6677-8899-AABBCCDDEEFF' }],
    ['a key of 31 bytes', 'versions[1]', { versions: [new Uint8Array(32), new Uint8Array(31)] }],
  ]
  it.each(bad)('makes no KEK with %s', (_, path, options) => {
    const { admin } = twoKeks()
    expect(thrownBy(() => admin.createKek(options))).toMatchObject({ code: 'KMS_CONFIG', path, operation: 'admin' })
  })

  it.each([
    'rotateKek',
    'disableKek',
    'enableKek',
    'scheduleKekDeletion',
    'cancelKekDeletion',
    'deleteKek',
    'stateOf',
    'deleteAlias',
  ] as const)('%s throws for a KEK that does not exist', (method) => {
    const { admin } = twoKeks()
    expect(
      isKmsError(
        thrownBy(() => admin[method]('nothing')),
        'KMS_UNKNOWN_ALIAS',
      ),
    ).toBe(true)
  })

  it('points no alias at nothing, and none that is malformed at a KEK', () => {
    const { admin } = twoKeks()
    expect(
      thrownBy(() => {
        admin.setAlias('new', 'nothing')
      }),
    ).toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(
      thrownBy(() => {
        admin.setAlias(ID, 'salaries')
      }),
    ).toMatchObject({ code: 'KMS_CONFIG', path: 'alias' })
    expect(admin.exists('new')).toBe(false)
  })

  it('takes copies of the keys that it is given', async () => {
    const key = new Uint8Array(32).fill(7)
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only' })
    const kek = admin.createKek({ versions: [key] })
    const { edek } = await kms.generateDekPair(kek)
    expect(key).toEqual(new Uint8Array(32).fill(7))
    key.fill(0)
    await expect(kms.decryptEdek(kek, edek)).resolves.toBeDefined()
  })
})

describe('the fault hook', () => {
  it('is told of every request before it is answered, and of nothing that is refused before', async () => {
    const calls: FaultCall[] = []
    const { kms, admin } = createInMemoryKms({
      insecure: 'test-only',
      keks: [{ id: ID, alias: 'payments' }],
      faults: (call) => {
        calls.push(call)
      },
    })
    const kek = await kms.resolveKek('payments')
    const { signal } = new AbortController()
    const { edek } = await kms.generateDekPair(kek, { signal })
    await kms.decryptEdek(kek, edek)
    await kms.decryptEdek(kek, edek)
    kms.kekOf(edek)
    await kms.decryptEdek({ ...kek, id: OTHER_ID }, edek).catch(() => undefined)
    await kms.resolveKek('').catch(() => undefined)
    await kms.health?.()
    expect(calls).toMatchObject([
      { operation: 'resolveKek', callNumber: 1, kekSelector: 'payments' },
      { operation: 'generateDekPair', callNumber: 1, kek, signal },
      { operation: 'decryptEdek', callNumber: 1, kek: { id: ID } },
      { operation: 'decryptEdek', callNumber: 2, kek: { id: ID } },
      { operation: 'health', callNumber: 1 },
    ])
    expect(admin.calls).toEqual({ resolveKek: 1, generateDekPair: 1, decryptEdek: 2, health: 1 })
    admin.resetCalls()
    expect(admin.calls).toEqual({ resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 })
  })

  it('answers with what it throws or rejects with, as often as it does', async () => {
    const { kms, admin } = twoKeks()
    const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'resolveKek' })
    admin.faults = ({ callNumber }) => {
      if (callNumber === 1) throw down
      return callNumber === 2 ? Promise.reject(down) : undefined
    }
    await expect(kms.resolveKek('payments')).rejects.toBe(down)
    await expect(kms.resolveKek('payments')).rejects.toBe(down)
    await expect(kms.resolveKek('payments')).resolves.toBeDefined()
    admin.faults = undefined
    admin.resetCalls()
    await expect(kms.resolveKek('payments')).resolves.toBeDefined()
  })

  it('delays a request: what an admin does meanwhile counts', async () => {
    const { kms, admin } = twoKeks()
    let open = (): void => undefined
    const passed = new Promise<void>((resolve) => {
      open = resolve
    })
    admin.faults = () => passed
    const resolving = kms.resolveKek('payments')
    admin.disableKek('payments')
    open()
    await expect(resolving).rejects.toMatchObject({ state: 'disabled' })
  })
})

describe('adminOf', () => {
  it('finds the admin of every client of the same keys, and of nothing else', () => {
    const { kms, admin } = twoKeks()
    expect(adminOf(kms)).toBe(admin)
    expect(adminOf(admin.connect())).toBe(admin)
    expect(() => adminOf(cachingKms(kms))).toThrow(TypeError)
  })
})

describe('createInMemoryKms', () => {
  it.each([undefined, {}, { insecure: true }, { insecure: 'yes' }])('does not start with %o', (options) => {
    const error = thrownBy(() => createInMemoryKms(options as never))
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path: 'insecure' })
    expect((error as Error).message).toContain('"insecure" expected "test-only"')
  })
})
