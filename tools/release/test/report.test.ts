import { expect, test } from 'vitest'

import { Report, StepError } from '../src/report.ts'
import { table } from '../src/table.ts'

function recorded(): { readonly report: Report; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, report: new Report((line) => lines.push(line.replace(/\(\d+ ms\)$/, '(ms)'))) }
}

test('each promise is a line, what broke it stands below, and the last line counts', async () => {
  const { report, lines } = recorded()
  expect(await report.check('one holds', () => [])).toBe(true)
  expect(await report.check('one does not', () => ['a\nb'])).toBe(false)
  expect(report.end()).toBe(1)
  expect(lines).toEqual([
    'ok    one holds (ms)',
    'FAIL  one does not (ms)',
    '        a\n        b',
    '\n1 passed, 1 failed',
  ])
})

test('a check that throws has failed', async () => {
  const { report, lines } = recorded()
  await report.check('throws', () => Promise.reject(new Error('no network')))
  expect(lines).toContain('        no network')
  expect(report.end()).toBe(1)
})

test('a run without failures ends with exit code 0', async () => {
  const { report } = recorded()
  await report.check('holds', () => [])
  expect(report.end()).toBe(0)
})

test('a step gives its result; one that fails ends the run', async () => {
  const { report } = recorded()
  expect(await report.step('works', () => Promise.resolve(5))).toBe(5)
  await expect(report.step('fails', () => Promise.reject(new Error('x')))).rejects.toThrow(StepError)
  expect(report.end()).toBe(1)
})

test('a table lines its columns up, text to the left and numbers to the right', () => {
  expect(
    table(
      ['name', 'MB'],
      [
        ['a', '1.0'],
        ['longer', '10.0'],
      ],
    ),
  ).toEqual(['name      MB', 'a        1.0', 'longer  10.0'])
})
