import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import { plainCopy } from '../../src/policies/plain-copy.ts'
import { polluted } from './polluted.ts'

/** A copy as JSON shows it: the prototypes of copies are not those of literals. */
const shown = (given: unknown): unknown => JSON.parse(JSON.stringify(plainCopy(given)))

describe('a plain copy', () => {
  class Rule {
    match = 'a'
    get kek(): string {
      return 'K'
    }
  }

  it.each([
    ['own members', { match: 'a', kek: 'K' }],
    ['a getter', { match: 'a', get kek() { return 'K' } }], // prettier-ignore
    ['members that are not enumerable', Object.defineProperties({}, { match: { value: 'a' }, kek: { value: 'K' } })],
    ['a getter of a class', new Rule()],
    ['a getter of a class above', new (class extends Rule {})()],
    ['an object created from another', Object.create({ match: 'a', kek: 'K' })],
    ['an object created from one without a prototype', Object.create(Object.assign(Object.create(null) as object, { match: 'a', kek: 'K' }))], // prettier-ignore
    ['a literal with __proto__', { __proto__: { kek: 'K' }, match: 'a' }],
    ['an object without a prototype', Object.assign(Object.create(null), { match: 'a', kek: 'K' })],
    ['a proxy', new Proxy({ match: 'a', kek: 'K' }, {})],
    ['a frozen object', Object.freeze({ match: 'a', kek: 'K' })],
    ['a sealed object', Object.seal({ match: 'a', kek: 'K' })],
    ['another realm', runInNewContext('({ match: "a", kek: "K" })')],
    ['a class of another realm', runInNewContext('new (class { match = "a"; get kek() { return "K" } })')],
  ])('reads %s', (_, given: unknown) => {
    expect(shown(given)).toEqual({ match: 'a', kek: 'K' })
  })

  it('prefers the member that is nearest', () => {
    expect(shown(Object.assign(Object.create({ kek: 'far', match: 'a' }), { kek: 'near' }))).toEqual({
      match: 'a',
      kek: 'near',
    })
  })

  it('reads each member exactly once', () => {
    const reads: string[] = []
    const counting = (target: object): object =>
      new Proxy(target, {
        get: (_, name) => {
          reads.push(String(name))
          return Reflect.get(target, name) as unknown
        },
      })
    plainCopy(counting({ a: 1, b: counting([counting({ c: 2 })]), d: { e: 3 } }))
    expect(reads.sort()).toEqual(['0', 'a', 'b', 'c', 'd', 'length'])
  })

  it('reads nothing from a polluted prototype, of objects or of arrays', () => {
    expect(polluted({ kek: 'P', plaintext: 'allow' }, () => Object.keys(plainCopy({ match: 'a' }) as object))).toEqual([
      'match',
    ])
    expect(polluted({ kek: 'P' }, () => (plainCopy({ match: 'a' }) as { kek?: unknown }).kek)).toBeUndefined()
    const realm = runInNewContext('Object.prototype.plaintext = "allow"; ({ match: "a" })') as object
    expect(Reflect.ownKeys(plainCopy(realm) as object)).toEqual(['match'])
    expect(() => polluted({ 0: { match: '*', plaintext: 'allow' } }, () => plainCopy([,]))).toThrow('got a hole')
  })

  it('is frozen at every level, and none of the original', () => {
    const given = { a: [{ b: 1 }] }
    const copy = plainCopy(given) as typeof given
    expect([copy, copy.a, copy.a[0]].every((part) => Object.isFrozen(part))).toBe(true)
    given.a[0]!.b = 2
    given.a.push({ b: 3 })
    expect(JSON.stringify(copy)).toBe('{"a":[{"b":1}]}')
    expect(Object.isFrozen(given)).toBe(false)
  })

  it('asks no method of an array', () => {
    class Empty extends Array<unknown> {
      override map(): never[] {
        return []
      }
      override [Symbol.iterator](): ArrayIterator<never> {
        return [][Symbol.iterator]()
      }
    }
    expect(shown(Empty.from([1, 2]))).toEqual([1, 2])
    expect(shown(Object.assign([1, 2], { map: () => [], length: 2 }))).toEqual([1, 2])
  })

  it('passes on references and functions as they are', () => {
    const [kms, kek] = [{ secret: new Map() }, () => 'K']
    const copy = plainCopy({ kms, topics: [{ kek }] }, new Set(['kms'])) as { kms: object; topics: { kek: object }[] }
    expect([copy.kms === kms, copy.topics[0]!.kek === kek]).toEqual([true, true])
  })

  it('takes a RegExp by its source and the flags that matter for one name', () => {
    const copy = (pattern: unknown): string => String(plainCopy(pattern))
    expect([/a/gim, /a/y, /a/su, new RegExp('[a]', 'v'), runInNewContext('/a/i')].map(copy)).toEqual([
      '/a/i',
      '/a/',
      '/a/su',
      '/[a]/v',
      '/a/i',
    ])
  })

  class Loose extends RegExp {
    override get source(): string {
      return '.*'
    }
  }
  const own = (members: object): RegExp => Object.assign(/a/, members)
  it.each([
    ['a Map', { binding: new Map([['read', 'require']]) }, '"binding" expected plain data, got Map'],
    ['a Set', { topics: new Set([1]) }, '"topics" expected plain data, got Set'],
    ['a Date', { a: new Date() }, '"a" expected plain data, got Date'],
    ['bytes', { a: new Uint8Array(1) }, '"a" expected plain data, got Uint8Array'],
    ['a promise', { a: Promise.resolve() }, '"a" expected plain data, got Promise'],
    ['a boxed string', { a: [{ kek: Object('K') }] }, '"a[0].kek" expected plain data, got a boxed String'],
    ['a symbol', { a: { [Symbol('kek')]: 1 } }, '"a["Symbol(kek)"]" expected to be absent: there is no such option'],
    ['__proto__', JSON.parse('{"a":{"__proto__":["b"]}}'), '"a.__proto__" expected to be absent: there is no such option'], // prettier-ignore
    ['a hole', { topics: [1, , 2] }, '"topics[1]" expected an element, got a hole'],
    ['a RegExp with another source', [new Loose('a')], '"[0]" expected a RegExp without a subclass or members of its own; write { regex: "…" }'], // prettier-ignore
    ['a RegExp with flags of its own', [Object.defineProperty(/a/, 'flags', { value: 'i' })], '"[0]" expected a RegExp without'], // prettier-ignore
    ['a RegExp with a test of its own', [own({ test: () => true })], '"[0]" expected a RegExp without'],
    ['a RegExp with an exec of its own', [own({ exec: () => null })], '"[0]" expected a RegExp without'],
    ['a RegExp with another prototype', [Object.setPrototypeOf(/a/, { exec: () => null })], '"[0]" expected a RegExp without'], // prettier-ignore
  ])('does not take %s', (_, given: unknown, message) => {
    expect(() => plainCopy(given)).toThrow(TypeError)
    expect(() => plainCopy(given)).toThrow(message)
  })

  it('does not follow an object that contains itself', () => {
    const cycle: Record<string, unknown> = {}
    cycle['a'] = { cycle }
    expect(() => plainCopy(cycle)).toThrow(/expected at most 16 levels$/)
  })

  it('names a getter that throws, with what it threw as the cause', () => {
    const cause = new Error('mine')
    const given = {
      a: {
        get kek(): string {
          throw cause
        },
      },
    }
    expect(() => plainCopy(given)).toThrow(
      expect.objectContaining({
        message: '"a.kek" expected to be readable, got an error from its getter',
        cause,
      }) as Error,
    )
  })
})
