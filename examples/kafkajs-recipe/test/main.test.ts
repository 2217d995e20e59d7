import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('the program asks for a broker when it has none', async () => {
  const env = { ...process.env, KAFKA_BROKERS: undefined }
  const run = promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'main.ts')], { env })
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"KAFKA_BROKERS" expected host:port'),
  })
})
