import { expect, test } from 'vitest'

import { Report, StepError } from '../src/report.ts'

function recorded(): { readonly report: Report; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, report: new Report((line) => lines.push(line.replace(/\(\d+ ms\)$/, '(ms)'))) }
}

test('each promise is a line, what broke it stands below, and the last line counts', async () => {
  const { report, lines } = recorded()
  expect(await report.check('one holds', () => [])).toBe(true)
  expect(await report.check('one does not', () => ['a\nb'])).toBe(false)
  expect(report.exitCode).toBe(1)
  expect(lines).toEqual(['ok    one holds (ms)', 'FAIL  one does not (ms)', '        a\n        b'])
})

test('a check that throws has failed', async () => {
  const { report, lines } = recorded()
  await report.check('throws', () => Promise.reject(new Error('no network')))
  expect(lines).toContain('        no network')
  expect(report.exitCode).toBe(1)
})

test('a run without failures ends with exit code 0', async () => {
  const { report } = recorded()
  await report.check('holds', () => [])
  expect(report.exitCode).toBe(0)
})

test('a step gives its result; one that fails ends the run', async () => {
  const { report } = recorded()
  expect(await report.step('works', () => Promise.resolve(5))).toBe(5)
  await expect(report.step('fails', () => Promise.reject(new Error('x')))).rejects.toThrow(StepError)
  expect(report.exitCode).toBe(1)
})

test('a run ends with the counts, also when a step failed or something else threw', async () => {
  const { report, lines } = recorded()
  const code = await report.run(async () => {
    await report.check('holds', () => [])
    await report.step('fails', () => Promise.reject(new Error('x')))
  })
  expect(code).toBe(1)
  expect(lines.at(-1)).toBe('\n1 passed, 1 failed')
  const other = recorded()
  expect(await other.report.run(() => Promise.reject(new Error('no disk')))).toBe(1)
  expect(other.lines).toContain('        no disk')
})
