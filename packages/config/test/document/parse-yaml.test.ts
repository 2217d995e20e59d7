import { describe, expect, test } from 'vitest'

import { parseYaml } from '../../src/document/parse-yaml.ts'

const parse = (text: string): unknown => parseYaml(text, 'a.yaml')

describe('a YAML document', () => {
  test('is read as plain data, with few aliases', () => {
    expect(parse('a: &x { b: 1 }\nc: *x\nd: [1, two, null, true]\n')).toEqual({
      a: { b: 1 },
      c: { b: 1 },
      d: [1, 'two', null, true],
    })
  })

  test.each([
    ['a: 1\na: 2\n', 'a.yaml:2:1: "a" expected once, got a second time'],
    ['a:\n  - b: 1\n    "b": 2\n', 'a.yaml:3:5: "a[0].b" expected once, got a second time'],
    ['a: { b: { c: 1, c: 2 } }\n', 'a.yaml:1:17: "a.b.c" expected once, got a second time'],
    ['? { a: { k: 1, k: 1 } }\n: 1\n', 'a.yaml:1:3: expected valid YAML, got NON_STRING_KEY'],
  ])('with a key twice is refused with its path: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  test.each([
    ['a: [1,\n', /^a\.yaml:\d+:\d+: expected valid YAML, got [A-Z_]+$/],
    ['a: 1\n---\nb: 2\n', /^a\.yaml:\d+:\d+: expected valid YAML, got MULTIPLE_DOCS$/],
    ['a: !!js/function "x"\n', /^a\.yaml:1:\d+: expected valid YAML, got TAG_RESOLVE_FAILED$/],
    ['a: *nowhere\n', /aliases/],
    ['&a [*a]: 1\n', /./],
  ])('that is none is refused: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  test('that multiplies by aliases is refused before it fills the memory', () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x]',
      ...Array.from(
        { length: 30 },
        (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`,
      ),
    ]
    const start = process.memoryUsage().heapUsed
    expect(() => parse(bomb.join('\n'))).toThrow('expected few aliases')
    expect(process.memoryUsage().heapUsed - start).toBeLessThan(64 * 1024 * 1024)
  })

  test('"__proto__" is a key like another and changes no object', () => {
    const parsed = parse('__proto__: { polluted: true }\n') as object
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('never appears in a message: its values may be secrets', () => {
    for (const text of [
      'token: "hvs.SECRET\n',
      'token: hvs.SECRET: x\n',
      'token: !x hvs.SECRET\n',
      '"hvs.SECRET\n',
      '%hvs.SECRET\n',
      'token: @hvs.SECRET\n',
      '- a\nhvs.SECRET\n',
    ]) {
      let message = ''
      try {
        parse(text)
      } catch (error) {
        message = String(error)
      }
      expect(message, text).toMatch(/expected valid YAML/)
      expect(message).not.toContain('SECRET')
    }
  })
})
