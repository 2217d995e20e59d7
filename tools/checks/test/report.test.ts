import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { report } from '../lib/report.ts'
import type { Rule } from '../lib/rule.ts'
import { rules } from '../rules/index.ts'
import { scratchFolder } from './scratch.ts'

const ruleOf = (name: string): Rule => ({ name, promise: `${name} holds` })

test('every rule is printed with its verdict, and the counts are written', async () => {
  const folder = scratchFolder({})
  const lines: string[] = []
  const judgements = [
    { rule: ruleOf('a'), judge: () => [] },
    { rule: ruleOf('b'), judge: () => ['x.ts:1 is wrong'] },
    { rule: ruleOf('c'), judge: () => Promise.reject(new Error('no tool')) },
  ]
  expect(await report(judgements, 'check', folder, (line) => lines.push(line))).toBe(2)
  expect(lines.map((line) => line.replace(/ \(\d+ ms\)$/, ''))).toEqual([
    'ok    a: a holds',
    'FAIL  b: b holds',
    '        x.ts:1 is wrong',
    'FAIL  c: c holds',
    '        the rule could not be judged: no tool',
  ])
  expect(JSON.parse(readFileSync(path.join(folder, '.results/check.json'), 'utf8'))).toEqual({
    numPassedTests: 1,
    numFailedTests: 2,
  })
})

test('every file of rules/ is judged, under the name of its file', () => {
  const files = readdirSync(path.resolve(import.meta.dirname, '../rules')).filter((name) => name !== 'index.ts')
  expect(rules.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort())
  expect(rules.filter(({ workspace, tarball }) => workspace === undefined && tarball === undefined)).toEqual([])
})
