import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '..', 'main.ts')

test('the quick start encrypts, decrypts and refuses as its comments say', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main])
  expect(stdout).toContain("received 42.00 EUR [ 'topic', 'key' ]")
  expect(stdout).toContain('refused  RECORD_BINDING - the record was written for another key')
})
