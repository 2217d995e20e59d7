import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { clauses } from '@keyfold/kms-test-support'

interface Run {
  readonly exitCode: number
  readonly output: string
}

function run(name: string): Promise<Run> {
  const file = fileURLToPath(new URL(`../node-test/${name}.ts`, import.meta.url))
  // NODE_TEST_CONTEXT would make the child report to a parent that is none.
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => variable !== 'NODE_TEST_CONTEXT'))
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@keyfold/source', '--test', '--test-reporter=tap', file],
      { env, maxBuffer: 2 ** 26 },
      (error, output) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), output })
      },
    )
  })
}

test('under node:test the in-memory KMS keeps every clause', async () => {
  const { exitCode, output } = await run('in-memory')
  expect(output.match(/^ +ok \d+ - C\d{2,} /gm)?.length).toBe(clauses.length + 1)
  expect(output).toMatch(/^# fail 0$/m)
  expect(output).toMatch(/^# skipped 0$/m)
  expect(exitCode).toBe(0)
}, 120_000)

test('under node:test a KMS that drops the context breaks the clauses about contexts', async () => {
  const { exitCode, output } = await run('broken')
  expect(output).toMatch(/^ +not ok \d+ - C65 /m)
  expect(exitCode).toBe(1)
}, 120_000)
