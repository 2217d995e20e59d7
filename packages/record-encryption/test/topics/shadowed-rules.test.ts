import { describe, expect, it } from 'vitest'

import { findShadowedRules } from '../../src/config/index.ts'
import type { EncryptionPolicies, TopicPattern, TopicRule } from '../../src/index.ts'
import { patternCovers } from '../../src/topics/pattern-covers.ts'
import { setUp } from '../records/support.ts'

const clear = (match: TopicPattern): TopicRule => ({ match, plaintext: 'allow' })
const kek = (match: TopicPattern): TopicRule => ({ match, kek: 'kek' })

describe('a rule that is never used', () => {
  it.each<[string, TopicPattern, TopicPattern]>([
    ['a name behind *', '*', 'payments'],
    ['a glob behind *', '*', 'payments.*'],
    ['a name behind a glob', 'pay*', 'payments'],
    ['a glob behind a wider one', 'pay*', 'payments.*'],
    ['a glob behind one that is open at both ends', '*ment*', 'payments.?'],
    ['the same name', 'payments', 'payments'],
    ['the same glob, written otherwise', 'a*?', 'a?**'],
    ['? behind *', 'a*', 'a?'],
    ['a name behind ?', 'orders-?', 'orders-1'],
    ['a regular expression behind *', '*', { regex: '[a-z]+\\.(eu|us)' }],
    ['* behind a regular expression for everything', { regex: '.*' }, '*'],
    ['a name behind a RegExp for everything', /.+/, 'payments'],
    ['a glob behind a character class for everything', /[a-z0-9._-]+/i, 'payments*'],
    ['a name behind a regular expression', { regex: 'pay.*' }, 'payments'],
    ['a glob behind a regular expression', { regex: 'pay[a-z]*.*' }, 'pay*'],
    ['a list of names behind a glob', 'orders-*', { regex: 'orders-eu|orders-us' }],
    ['a name behind a list', { regex: '^a$|^payments\\.eu$' }, 'payments.eu'],
    ['an escaped dot behind a glob', 'payments.*', { regex: 'payments\\.eu.*' }],
    ['the same regular expression', { regex: '(a|b)+' }, /(a|b)+/],
    ['a regular expression behind a group for everything', /(?:.|x)*/, /\d+/],
  ])('%s', (_, wide, narrow) => {
    expect(findShadowedRules({ topics: [clear(wide), kek(narrow)] })).toEqual([
      { rule: 1, shadowedBy: 0, leavesInClear: true },
    ])
  })

  it.each<[string, TopicPattern, TopicPattern]>([
    ['* behind a glob', 'public.*', '*'],
    ['a name behind another', 'payments', 'payments2'],
    ['globs that only overlap', '*.eu', 'payments.*'],
    ['* behind ?', 'a?', 'a*'],
    ['a shorter name', 'payments.*', 'payments'],
    ['a dot that means any character', 'payments.eu', { regex: 'payments.eu' }],
    ['a name that a regular expression does not match', /\d+/, 'payments'],
    ['a glob behind a regular expression for lower case', /[a-z]*/, '*'],
    ['regular expressions that differ', /[ab]+/, /[abc]+/],
    ['a list of which one is not covered', 'orders-*', { regex: 'orders-eu|payments' }],
    ['another case', /payments/i, '*'],
    ['a digit class', 'd', { regex: '\\d' }],
  ])('is not: %s', (_, wide, narrow) => {
    expect(findShadowedRules({ topics: [clear(wide), kek(narrow)] })).toEqual([])
  })

  it('is found behind any earlier rule, and only a KEK behind plaintext leaves in clear', () => {
    const topics = [kek('a'), clear('pub*'), kek('x*'), clear('xy'), kek('public.secret'), kek('a')]
    expect(findShadowedRules({ topics })).toEqual([
      { rule: 3, shadowedBy: 2, leavesInClear: false },
      { rule: 4, shadowedBy: 1, leavesInClear: true },
      { rule: 5, shadowedBy: 0, leavesInClear: false },
    ])
    expect(() => findShadowedRules({ topics: [{ match: 'a' }] } as unknown as EncryptionPolicies)).toThrow(TypeError)
  })

  it('is warned about when the instance is made', async () => {
    const { logger } = await setUp({ topics: [clear('*'), kek('payments')] })
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: { rule: 1, shadowedBy: 0, leavesInClear: true },
        message:
          'topics[1] is never used: topics[0] comes first and matches every topic that it matches, and sends them in clear; move topics[1] before it',
      },
    ])
    expect((await setUp({ topics: [clear('public.*'), kek('*')] })).logger.lines).toEqual([])
  })

  it('is found among long globs and many rules in little time', () => {
    const long = 'a*?'.repeat(80)
    expect(patternCovers(`${long}*`, `${long}b`)).toBe(true)
    const topics = Array.from({ length: 300 }, (_, i) => kek(`topic-${i}-*`))
    expect(findShadowedRules({ topics })).toEqual([])
  })
})
