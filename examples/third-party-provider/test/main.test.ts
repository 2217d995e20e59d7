import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('the example loads the provider by its full package name and wraps a DEK', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'main.ts')])
  expect(stdout).toBe('acme-jsonfile: an EDEK of 81 bytes, unwrapped with version 1 of its KEK\n')
})
