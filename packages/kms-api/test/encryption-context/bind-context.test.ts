import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import { bindContext } from '../../src/encryption-context/bind-context.ts'
import { encodeEncryptionContext, type EncryptionContext } from '../../src/index.ts'

const hidden = (target: object, name: string, value: unknown): object =>
  Object.defineProperty(target, name, { value, enumerable: false })
const nullObject = (members: object): object => Object.assign(Object.create(null) as object, members)

class Tenant {
  tenant = 'a'
}

describe('the copy of an encryption context', () => {
  it('is plain, frozen and apart from the object of the caller', () => {
    const given: Record<string, string> = { tenant: 'a' }
    const bound = bindContext(given)
    given['tenant'] = 'b'
    expect(bound?.pairs).toEqual({ tenant: 'a' })
    expect(Object.isFrozen(bound?.pairs)).toBe(true)
    expect(bound?.bytes).toEqual(encodeEncryptionContext({ tenant: 'a' }))
  })

  it('keeps names that every object inherits', () => {
    const bound = bindContext(JSON.parse('{"__proto__":"x","constructor":"y"}') as EncryptionContext)
    expect(Object.entries(bound?.pairs ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('is none of nothing', () => {
    for (const none of [undefined, {}, nullObject({}), runInNewContext('({})') as object])
      expect(bindContext(none as EncryptionContext)).toBeUndefined()
  })

  it.each<[string, () => object]>([
    ['a hidden member', () => hidden({}, 'tenant', 'a')],
    ['a hidden member beside another', () => hidden({ tenant: 'a' }, 'user', 'mallory')],
    ['a hidden member that is no text', () => hidden({ tenant: 'a' }, 'user', 7)],
    [
      'a hidden symbol',
      () => Object.defineProperty({ tenant: 'a' }, Symbol('user'), { value: 'b', enumerable: false }),
    ],
    [
      'a computed member',
      () => ({
        get tenant() {
          return 'a'
        },
      }),
    ],
    [
      'a computed member that nobody can read',
      () => Object.defineProperty({}, 'tenant', { set: () => undefined, enumerable: true }),
    ],
    ['a hidden computed member', () => Object.defineProperty({ a: 'b' }, 'tenant', { get: () => 'a' })],
    ['a member that an object without prototype gives', () => Object.create(nullObject({ tenant: 'a' })) as object],
    ['a member that a plain object gives', () => Object.create({ tenant: 'a' }) as object],
    ['a hidden member that its prototype gives', () => Object.create(hidden(nullObject({}), 'tenant', 'a')) as object],
    ['a prototype that looks like the one of plain objects', () => Object.create(lookAlike()) as object],
    ['a symbol that its prototype gives', () => Object.create(nullObject({ [Symbol('a')]: 'b' })) as object],
    ['an instance of a class', () => new Tenant()],
    ['a proxy', () => new Proxy({ tenant: 'a' }, {})],
    ['a proxy as prototype', () => Object.create(new Proxy(Object.create(null) as object, {})) as object],
    ['a text object', () => new String('a')],
  ])('rejects %s', (_, make) => {
    for (const take of [bindContext, encodeEncryptionContext])
      expect(() => take(make() as EncryptionContext)).toThrow(TypeError)
  })

  it('rejects every context while somebody has put a member into the prototype of all objects', () => {
    Object.defineProperty(Object.prototype, 'tenant', {
      value: 'a',
      enumerable: true,
      configurable: true,
      writable: true,
    })
    try {
      expect(() => bindContext({ user: 'b' })).toThrow('"encryptionContext["tenant"]" expected a member of its own')
    } finally {
      delete (Object.prototype as { tenant?: string }).tenant
    }
  })

  it('runs no code of the caller', () => {
    let runs = 0
    const given = Object.defineProperty({}, 'tenant', {
      enumerable: true,
      get: () => {
        runs++
        return 'a'
      },
    })
    expect(() => bindContext(given as EncryptionContext)).toThrow(
      '"encryptionContext["tenant"]" expected a string, got a computed member',
    )
    expect(runs).toBe(0)
  })
})

/** An object without prototype that has all names of the prototype of plain objects, and one of its own. */
function lookAlike(): object {
  const descriptors = Object.getOwnPropertyDescriptors(Object.prototype)
  return Object.create(null, { ...descriptors, tenant: { value: 'a', enumerable: false } }) as object
}
