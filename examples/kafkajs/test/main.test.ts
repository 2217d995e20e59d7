import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('the program sends and receives an encrypted payment without a broker', async () => {
  const env = { ...process.env, KAFKA_BROKERS: undefined }
  const args = ['--conditions=@keyfold/source', join(import.meta.dirname, '..', 'main.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  expect(stdout).toContain('alice 42.00 EUR a,b decrypted topic,key\n')
  expect(stdout).not.toContain(Buffer.from('42.00 EUR').toString('base64'))
})
