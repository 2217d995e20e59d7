import { Buffer } from 'node:buffer'
import { runInNewContext } from 'node:vm'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteReader } from '../../src/bytes/index.ts'
import { encodeEncryptionContext, type EncryptionContext } from '../../src/index.ts'
import { properties } from '../properties.ts'

const encoded = (context: unknown): string | undefined => {
  const bytes = encodeEncryptionContext(context as EncryptionContext)
  return bytes && Buffer.from(bytes).toString('hex')
}

/** An independent reading of the same grammar. */
function decode(bytes: Uint8Array): [string, string][] {
  const reader = new ByteReader(bytes)
  expect(reader.u8()).toBe(1)
  const text = () => Buffer.from(reader.take(reader.minimalUvarint())).toString('utf8')
  const pairs = Array.from({ length: reader.minimalUvarint() }, (): [string, string] => [text(), text()])
  expect(reader.remaining).toBe(0)
  return pairs
}

const contexts = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  { maxKeys: 16 },
)

describe('the encoding of an encryption context', () => {
  it.each<[string, unknown, string | undefined]>([
    ['absence', undefined, undefined],
    ['an empty context, which counts as absent', {}, undefined],
    ['one pair', { a: 'b' }, '010101610162'],
    ['empty texts', { '': '' }, '01010000'],
    ['pairs in the order of their names, not of their insertion', { b: '2', a: '1' }, '0102016101310162' + '0132'],
    ['a name before the names that it starts', { ab: '', a: '' }, '01020161000261' + '6200'],
    // U+FF5E is EF BD 9E, U+1F511 is F0 9F 94 91: by UTF-16 units the order would be the other one.
    ['names by UTF-8, not by UTF-16', { '\u{1f511}': '', '\uff5e': '' }, '010203efbd9e0004f09f949100'],
    ['names that look like numbers', { 10: 'x', 9: 'y' }, '01020231300178' + '01390179'],
    ['a name that objects inherit', JSON.parse('{"__proto__":"x"}'), '0101095f5f70726f746f5f5f0178'],
    ['a value of 128 bytes, with a length of two', { a: 'x'.repeat(128) }, `010101618001${'78'.repeat(128)}`],
    ['a plain object of another realm', runInNewContext('({ a: "b" })'), '010101610162'],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 'b' }), '010101610162'],
  ])('is defined for %s', (_, context, expected) => {
    expect(encoded(context)).toBe(expected)
  })

  it.each<[string, unknown, string]>([
    ['null', null, '"encryptionContext" expected a plain object, got null'],
    ['text', 'a', '"encryptionContext" expected a plain object, got string'],
    ['an array', ['a'], '"encryptionContext" expected a plain object, got Array'],
    ['bytes', new Uint8Array(1), '"encryptionContext" expected a plain object, got Uint8Array'],
    [
      'a map, which would count as empty',
      new Map([['a', 'b']]),
      '"encryptionContext" expected a plain object, got object',
    ],
    ['a function', () => ({}), '"encryptionContext" expected a plain object, got function'],
    ['a number as value', { a: 1 }, '"encryptionContext["a"]" expected a string, got number'],
    ['undefined as value', { a: undefined }, '"encryptionContext["a"]" expected a string, got undefined'],
    ['null as value', { 'a\n': null }, '"encryptionContext["a\\n"]" expected a string, got null'],
    ['a symbol as name', { [Symbol('a')]: 'b' }, '"encryptionContext" expected names that are strings, got a symbol'],
    [
      'half a character in a value',
      { a: '\ud83d' },
      '"encryptionContext" expected well-formed text, got a lone surrogate in the value of "a"',
    ],
    [
      'half a character in a name',
      { '\udd11': 'b' },
      '"encryptionContext" expected well-formed text, got a lone surrogate in a name',
    ],
    [
      '17 pairs',
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`n${i}`, ''])),
      '"encryptionContext" expected at most 16 pairs, got 17',
    ],
    [
      'a huge value',
      { a: 'x'.repeat(10_000_000) },
      '"encryptionContext" expected at most 4096 encoded bytes, got more',
    ],
  ])('is refused for %s', (_, context, message) => {
    expect(() => encoded(context)).toThrow(new TypeError(message))
  })

  it('ends at exactly 4,096 bytes', () => {
    // 01, count, 1 + 1 bytes of name, 2 bytes of length: 6 bytes around the value.
    expect(encodeEncryptionContext({ a: 'x'.repeat(4_090) })).toHaveLength(4_096)
    expect(() => encodeEncryptionContext({ a: 'x'.repeat(4_091) })).toThrow(TypeError)
    expect(() => encodeEncryptionContext({ a: 'é'.repeat(2_046) })).toThrow(TypeError)
  })

  it('accepts 16 pairs', () => {
    const bytes = encodeEncryptionContext(Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`n${i}`, `v${i}`])))
    expect(decode(bytes as Uint8Array)).toHaveLength(16)
  })

  it('does not depend on the order of insertion, and loses nothing', () => {
    properties(
      fc.property(
        contexts.filter((c) => Object.keys(c).length > 0),
        (context) => {
          const reversed = Object.fromEntries(Object.entries(context).reverse())
          expect(encoded(reversed)).toBe(encoded(context))
          const pairs = decode(encodeEncryptionContext(context) as Uint8Array)
          expect(new Map(pairs)).toEqual(new Map(Object.entries(context)))
          const names = pairs.map(([name]) => Buffer.from(name))
          expect(names).toEqual([...names].sort((a, b) => a.compare(b)))
        },
      ),
    )
  })

  it('differs for two contexts that differ', () => {
    properties(
      fc.property(contexts, contexts, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
        expect(encoded(a) === encoded(b)).toBe(same)
      }),
    )
  })
})
