import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '..', 'main.ts')

test('the quick start encrypts, decrypts and refuses as its comments say', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main])
  expect(stdout).toBe('42.00 EUR\nRECORD_BINDING\n')
})
