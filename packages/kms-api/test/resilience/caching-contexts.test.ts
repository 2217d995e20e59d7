import { describe, expect, it } from 'vitest'

import type { EncryptionContext, Kek } from '../../src/index.ts'
import { cachingKms } from '../../src/resilience/index.ts'
import { FakeKms, kekOne } from './fake-kms.ts'

const hidden = (target: object, name: string, value: unknown): EncryptionContext =>
  Object.defineProperty(target, name, { value, enumerable: false }) as EncryptionContext

function set() {
  const inner = new FakeKms()
  return { inner, kms: cachingKms(inner) }
}

describe('the encryption context of a call through the cache', () => {
  it.each<[string, () => EncryptionContext]>([
    ['a hidden member', () => hidden({ tenant: 'a' }, 'user', 'mallory')],
    ['hidden members only', () => hidden({}, 'tenant', 'a')],
    [
      'a computed member',
      () => ({
        get tenant() {
          return 'a'
        },
      }),
    ],
    [
      'an inherited member',
      () => Object.create(Object.assign(Object.create(null) as object, { tenant: 'a' })) as EncryptionContext,
    ],
    ['a proxy', () => new Proxy({ tenant: 'a' }, {})],
  ])('is a TypeError with %s, also where the right context is cached', async (_, make) => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne, { encryptionContext: { tenant: 'a' } })
    await kms.decryptEdek(kekOne, edek, { encryptionContext: { tenant: 'a' } })
    const before = inner.calls.length
    for (const call of [
      () => kms.resolveKek('one', { encryptionContext: make() }),
      () => kms.generateDekPair(kekOne, { encryptionContext: make() }),
      () => kms.decryptEdek(kekOne, edek, { encryptionContext: make() }),
    ])
      await expect(call()).rejects.toThrow(TypeError)
    expect(inner.calls).toHaveLength(before)
  })

  it('reaches the KMS as the one copy that the key was made of', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne, { encryptionContext: { tenant: 'a' } })
    const context: Record<string, string> = { tenant: 'a' }
    const running = kms.decryptEdek(kekOne, edek, { encryptionContext: context })
    context['tenant'] = 'b'
    await running
    expect(inner.calls.at(-1)?.options.encryptionContext).toEqual({ tenant: 'a' })
    // Under "b" nothing is cached: the KMS is asked, and rejects.
    await expect(kms.decryptEdek(kekOne, edek, { encryptionContext: { tenant: 'b' } })).rejects.toMatchObject({
      code: 'KMS_INVALID_EDEK',
    })
  })

  it('is read once, and so is the reference', async () => {
    const { inner, kms } = set()
    let reads = 0
    const computed = {
      get encryptionContext() {
        reads++
        return { tenant: reads === 1 ? 'a' : 'b' }
      },
    }
    const { edek } = await kms.generateDekPair(kekOne, { encryptionContext: { tenant: 'a' } })
    let ids = 0
    const flipping: Kek = {
      ...kekOne,
      get id() {
        ids++
        return ids === 1 ? 'one' : 'two'
      },
    }
    ;(await kms.decryptEdek(flipping, edek, computed)).destroy()
    expect([reads, ids]).toEqual([1, 1])
    expect(inner.calls.at(-1)).toMatchObject({ kek: { id: 'one' }, options: { encryptionContext: { tenant: 'a' } } })
  })

  it('is asked about anew by resolveKek when there is one, because not every KEK can bind it', async () => {
    const { inner, kms } = set()
    await kms.resolveKek('one')
    await kms.resolveKek('one', { encryptionContext: { tenant: 'a' } })
    await kms.resolveKek('one', { encryptionContext: { tenant: 'b' } })
    await kms.resolveKek('one', { encryptionContext: {} })
    expect(inner.count('resolveKek')).toBe(2)
  })
})
