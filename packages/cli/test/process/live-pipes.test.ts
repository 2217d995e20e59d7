import type { Buffer } from 'node:buffer'

import { expect, test } from 'vitest'

import { line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { ended, start } from '../support/spawn.ts'

test('records of a pipe that stays open come out without waiting for a full batch', async () => {
  const folder = await makeConfigured()
  const child = start(['encrypt', '-c', 'keyfold.yaml', '--log-level', 'silent'], { cwd: folder.path })
  const chunk = new Promise<Buffer>((done) => child.stdout!.once('data', done))
  child.stdin!.write(ndjson(line('public.news', 'now')))
  expect((await chunk).toString()).toBe(ndjson(line('public.news', 'now')))
  const over = ended(child)
  child.stdin!.end()
  expect(await over).toMatchObject({ code: 0 })
})

test('a run that fails ends, although its input stays open', async () => {
  const folder = await makeConfigured()
  const child = start(['encrypt', '-c', 'keyfold.yaml'], { cwd: folder.path })
  child.stdin!.on('error', () => undefined)
  child.stdin!.write(ndjson(line('unheard', 'of')))
  expect(await ended(child)).toMatchObject({ code: 1, stderr: expect.stringContaining('RECORD_NO_RULE') as string })
})

test('a run that cannot begin ends, although its input stays open', async () => {
  const folder = await makeConfigured()
  expect(await ended(start(['encrypt', '-c', 'none.yaml'], { cwd: folder.path }))).toMatchObject({ code: 2 })
})
