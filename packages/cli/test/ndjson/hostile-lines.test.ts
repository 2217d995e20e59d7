import { Buffer } from 'node:buffer'

import { describe, expect, test } from 'vitest'

import { parseRecordLine } from '../../src/ndjson/index.ts'

/** CPU milliseconds of parsing a line, the least of three, whatever comes of it. */
function cost(line: string, valueMode: 'data' | 'json' = 'data'): number {
  const bytes = Buffer.from(line)
  const once = (): number => {
    const before = process.cpuUsage()
    try {
      parseRecordLine(bytes, { line: 1, valueMode })
    } catch {
      // A line that is rejected costs as well.
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  return Math.max(0.5, Math.min(once(), once(), once()))
}

const deep = (depth: number, inner: string): string => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`
const many = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join()

/** What the author of a line chooses, and lines of `size` pieces of it. */
type Kind = [title: string, line: (size: number) => string, mode?: 'data' | 'json' | undefined]
const KINDS: readonly Kind[] = [
  ['unknown members', (n) => `{"topic":"t","value":"v",${many(n, (i) => `"m${i}":1`)}}`],
  ['members of one name', (n) => `{"topic":"t","value":"v",${many(n, () => '"key":"k"')}}`],
  [
    'members of one name in a value of JSON, and one outside',
    (n) => `{"topic":"t","topic":"t","value":{${many(n, () => '"a":1')}}}`,
    'json',
  ],
  ['members whose names are numbers', (n) => `{"topic":"t","value":{${many(n, (i) => `"${i * 65_536}":1`)}}}`, 'json'],
  ['headers', (n) => `{"topic":"t","value":"v","headers":[${many(n, (i) => `{"key":"h${i}","value":null}`)}]}`],
  ['digits of a number', (n) => `{"topic":"t","value":"v","offset":1.${'0'.repeat(8 * n)}}`],
  ['digits of an exponent', (n) => `{"topic":"t","value":"v","offset":1e-${'9'.repeat(8 * n)}}`],
  ['digits of a string', (n) => `{"topic":"t","value":"v","offset":"${'9'.repeat(8 * n)}"}`],
  ['numbers in a value of JSON', (n) => `{"topic":"t","offset":1.0,"value":[${many(n, () => '1.5')}]}`, 'json'],
  ['escapes', (n) => `{"topic":"t","value":"${'\\"'.repeat(4 * n)}"}`],
  ['backslashes without an end', (n) => `{"topic":"t","value":"${'\\\\'.repeat(4 * n)}`],
  ['mistakes', (n) => `{"topic":"t",${many(n, () => '"a" "b"')}`],
  ['white space', (n) => `{"topic":"t","value":${' '.repeat(8 * n)}"v"}`],
  ['characters of base64', (n) => `{"topic":"t","value":{"base64":"${'A'.repeat(8 * n)}!"}}`],
]

describe('a line costs in proportion to its length, whatever its author chose', () => {
  test.each(KINDS.map(([title, line, mode = 'data']) => [title, line, mode] as const))('%s', (_, line, mode) => {
    const [small, large] = [line(10_000), line(80_000)]
    const ratio = cost(large, mode) / cost(small, mode)
    // Eight times the length: quadratic work would be 64 times as much.
    expect(ratio).toBeLessThan(32)
  })

  test('numbers deep in a value of JSON cost what those at its top do', () => {
    const line = (depth: number): string =>
      `{"topic":"t","offset":1.0,"value":${deep(
        depth,
        many(50_000, () => '1.5'),
      )}}`
    // The path of each number would cost as much as it is deep: 37 times as much was measured.
    expect(cost(line(990), 'json') / cost(line(1), 'json')).toBeLessThan(10)
  })
})

test('1,000 levels of JSON are read and 1,001 are rejected, in what is read and in values', () => {
  const parse = (depth: number): unknown =>
    parseRecordLine(Buffer.from(`{"topic":"t","value":${deep(depth, '')}}`), { line: 1, valueMode: 'json' })
  expect(() => parse(999)).not.toThrow()
  expect(() => parse(1000)).toThrow('expected at most 1000 levels of nesting, got more')
  expect(() => parse(1_000_000)).toThrow('expected at most 1000 levels of nesting, got more')
})
