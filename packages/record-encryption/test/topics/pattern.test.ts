import { describe, expect, it } from 'vitest'

import type { TopicPattern } from '../../src/index.ts'
import { compileGlob, compileTopicPattern } from '../../src/topics/pattern.ts'

const NAMES = [
  'public',
  'public.',
  'public.orders',
  'public.orders.eu',
  'nonpublic.secrets',
  'publicity-salaries',
  'publicXorders',
  'Public.orders',
  'public-orders',
  'public_orders',
  'a.public.orders',
  'orders',
  'orders.public',
  'orders.eu',
  'orders.us',
  'orders-eu',
  'ordersXeu',
  'orders.eu.dlq',
  'dlq',
  'x.dlq',
  'a',
  'b',
  'ab',
  'abc',
  'aXc',
  'a.c',
  'a-c',
  'a_c',
  'aa',
  'aaa',
  '1',
  '10',
  '2024',
  '2024-01',
  '2024-01-01',
  't-1',
  't-12',
  't-123',
  '__consumer_offsets',
  '_schemas',
] as const

/** The names that each pattern matches: all others must not match. */
const TABLE: readonly (readonly [name: string, pattern: TopicPattern, matches: readonly string[]])[] = [
  ['public.*', 'public.*', ['public.', 'public.orders', 'public.orders.eu']],
  ['public', 'public', ['public']],
  [
    'public*',
    'public*',
    [
      'public',
      'public.',
      'public.orders',
      'public.orders.eu',
      'publicity-salaries',
      'publicXorders',
      'public-orders',
      'public_orders',
    ],
  ],
  ['*', '*', NAMES],
  ['**', '**', NAMES],
  ['*.*', '*.*', NAMES.filter((name) => name.includes('.'))],
  ['?', '?', ['a', 'b', '1']],
  ['??', '??', ['ab', 'aa', '10']],
  ['a?c', 'a?c', ['abc', 'aXc', 'a.c', 'a-c', 'a_c']],
  ['a.c', 'a.c', ['a.c']],
  ['a*', 'a*', ['a.public.orders', 'a', 'ab', 'abc', 'aXc', 'a.c', 'a-c', 'a_c', 'aa', 'aaa']],
  ['*a', '*a', ['a', 'aa', 'aaa']],
  ['a*a', 'a*a', ['aa', 'aaa']],
  ['orders.??', 'orders.??', ['orders.eu', 'orders.us']],
  ['*.dlq', '*.dlq', ['orders.eu.dlq', 'x.dlq']],
  ['t-?', 't-?', ['t-1']],
  ['t-*', 't-*', ['t-1', 't-12', 't-123']],
  ['2024-*', '2024-*', ['2024-01', '2024-01-01']],
  ['__*', '__*', ['__consumer_offsets']],
  ['*public*', '*public*', NAMES.filter((name) => name.includes('public'))],
  ['{ regex: public.* }', { regex: 'public.*' }, NAMES.filter((name) => name.startsWith('public'))],
  ['{ regex: public\\..* }', { regex: String.raw`public\..*` }, ['public.', 'public.orders', 'public.orders.eu']],
  ['{ regex: public }', { regex: 'public' }, ['public']],
  ['{ regex: a|b }', { regex: 'a|b' }, ['a', 'b']],
  ['{ regex: orders\\.(eu|us) }', { regex: String.raw`orders\.(eu|us)` }, ['orders.eu', 'orders.us']],
  ['{ regex: [0-9]+ }', { regex: '[0-9]+' }, ['1', '10', '2024']],
  ['{ regex: .* }', { regex: '.*' }, NAMES],
  ['{ regex: ^a$ }', { regex: '^a$' }, ['a']],
  ['{ regex: a$|b }', { regex: 'a$|b' }, ['a', 'b']],
  ['/public/', /public/, ['public']],
  ['/public\\..*/', /public\..*/, ['public.', 'public.orders', 'public.orders.eu']],
  ['/PUBLIC\\.ORDERS/i', /PUBLIC\.ORDERS/i, ['public.orders', 'Public.orders']],
  ['/a|b/g', /a|b/g, ['a', 'b']],
  ['/t-\\d+/y', /t-\d+/y, ['t-1', 't-12', 't-123']],
  ['/^a$/m', /^a$/m, ['a']],
  ['/\\p{Lu}.*/u', /\p{Lu}.*/u, ['Public.orders']],
]

describe('a pattern over 40 names', () => {
  it.each(TABLE)('%s matches whole names, and only these', (_, pattern, matches) => {
    const isMatch = compileTopicPattern(pattern, 'topics[0].match')
    expect(NAMES).toHaveLength(40)
    // Twice: nothing of the first time may be left over.
    for (let round = 0; round < 2; round++) expect(NAMES.filter((name) => isMatch(name))).toEqual([...matches])
  })

  it('public.* never takes what only begins or ends like it', () => {
    for (const pattern of ['public.*', { regex: String.raw`public\..*` }, /public\..*/]) {
      const isMatch = compileTopicPattern(pattern, 'm')
      expect(['nonpublic.secrets', 'publicity-salaries', 'xpublic.y'].map(isMatch)).toEqual([false, false, false])
      expect(isMatch('public.orders')).toBe(true)
    }
  })

  it('matches no line of a text', () => {
    for (const pattern of [{ regex: 'a' }, /a/m, /^a$/m]) {
      const isMatch = compileTopicPattern(pattern, 'm')
      expect(['a\n', '\na', 'a\nb'].map(isMatch)).toEqual([false, false, false])
    }
  })
})

describe('a string that looks like a regular expression', () => {
  it.each([
    '.*',
    '.*public',
    '.*.eu',
    '^public',
    'public$',
    'public.+',
    'public|private',
    '(public)',
    '[a-z]*',
    'a{2}',
    String.raw`public\.orders`,
    'a+',
    '/public/',
    'ä',
    'a b',
    'a,b',
    '',
    '$(topicName)',
    'a\n',
  ])('is refused with a hint: %j', (pattern) => {
    expect(() => compileTopicPattern(pattern, 'topics[3].match')).toThrow(TypeError)
    expect(() => compileTopicPattern(pattern, 'topics[3].match')).toThrow(
      /^"topics\[3\]\.match" expected the name of a topic or a glob \(\* and \?\), got ".*"; a regular expression is written \{ regex: "…" \}$/,
    )
  })
})

describe('a regular expression that is none', () => {
  it.each(['(', ')', 'a)|(b', '[', '*', 'a{2,1}', String.raw`\\`.slice(1), '(?<a>x', '(?i)a'])(
    'is refused, and is no way out of the anchors: %j',
    (regex) => {
      expect(() => compileTopicPattern({ regex }, 'topics[0].match')).toThrow(
        /^"topics\[0\]\.match" expected a regular expression, got /,
      )
    },
  )
})

describe('a glob over ids of KEKs', () => {
  it.each([
    ['arn:aws:kms:eu-west-1:1234:key/*', 'arn:aws:kms:eu-west-1:1234:key/abc', true],
    ['arn:aws:kms:eu-west-1:1234:key/*', 'arn:aws:kms:eu-west-2:1234:key/abc', false],
    ['transit/a.b', 'transit/a.b', true],
    ['transit/a.b', 'transit/aXb', false],
    ['a[1]*', 'a[1]x', true],
    ['a[1]*', 'a1x', false],
    ['(a|b)*', '(a|b)c', true],
    ['(a|b)*', 'ac', false],
    ['a+b?', 'a+bc', true],
    ['a+b?', 'aabc', false],
    ['a\\*', 'a\\x', true],
    ['^a$*', '^a$', true],
    ['{2}*', '{2}', true],
    ['a*', 'a\nb', true],
    ['a-?', 'a-b', true],
  ])('%s takes all but * and ? literally: %s', (glob, text, expected) => {
    expect(compileGlob(glob)(text)).toBe(expected)
  })
})

describe('a glob with many stars', () => {
  it.each([
    ['*-*-*-*-*-*-*-*-dlq', '-'.repeat(249)],
    ['*.*.*.*.*.*.*.*.dlq', '.'.repeat(249)],
  ])('%s is decided at once, whatever name somebody chose', (glob, name) => {
    // A matcher that backtracks does not end before the test's time is over.
    expect(compileGlob(glob)(name)).toBe(false)
    expect(compileGlob(glob)(`${name}dlq`)).toBe(true)
  })
})
