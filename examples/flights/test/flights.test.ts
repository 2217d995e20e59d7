import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '..', 'main.ts')

test('encrypts 20,000 real records, gets every byte back, and refuses four attacks', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main])
  expect(stdout).toContain('opened   all 2584866 bytes are as they were')
  expect(stdout.match(/latest: RECORD_(AUTHENTICATION|BINDING|PLAINTEXT) /g)).toHaveLength(4)
  expect(stdout).toMatch(/encrypt │ 20000\s+│ 1 /)
}, 60_000)
