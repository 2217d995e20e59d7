import { describe, expect, it } from 'vitest'

import { formatPath } from '../../src/index.ts'

describe('a path in a message', () => {
  it.each([
    [[], ''],
    [['keks', 0, 'alias'], 'keks[0].alias'],
    [[0, 'alias'], '[0].alias'],
    [['a-b', '$c', '_d'], 'a-b.$c._d'],
    [['topics', 'a.b'], 'topics["a.b"]'],
    [['', '0'], '[""]["0"]'],
    [['a b\u001b[31m\u202e"'], '["a b\\u001b[31m\\u202e\\""]'],
    [['x'.repeat(121)], `["${'x'.repeat(120)}…"]`],
  ])('is written as in code: %j', (path, text) => {
    expect(formatPath(path)).toBe(text)
  })

  it('starts with the name of the whole where it has one', () => {
    expect(formatPath([], '$')).toBe('$')
    expect(formatPath(['headers', 1, 'key'], '$')).toBe('$.headers[1].key')
    expect(formatPath(['a b'], '$')).toBe('$["a b"]')
  })
})
