import type { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { ended, runBin, start } from '../support/spawn.ts'

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
  expect(await ended(child)).toMatchObject({ code: 3, stderr: expect.stringContaining('RECORD_NO_RULE') as string })
})

test('a run that cannot begin ends, although its input stays open', async () => {
  const folder = await makeConfigured()
  expect(await ended(start(['encrypt', '-c', 'none.yaml'], { cwd: folder.path }))).toMatchObject({ code: 2 })
})

describe('an input that is a named pipe', () => {
  test.each([
    ['a topic without a rule', ndjson(line('unheard', 'of')), 3, 'RECORD_NO_RULE'],
    ['a line that is no record', '{\n', 3, 'stdin'],
  ])('ends the run at once for %s, although its writer stays', async (_, text, code, says) => {
    const folder = await makeConfigured()
    execFileSync('mkfifo', [folder.file('pipe')])
    const child = start(['encrypt', '-c', 'keyfold.yaml', 'pipe'], { cwd: folder.path })
    const writer = await open(folder.file('pipe'), 'w')
    try {
      await writer.write(text)
      expect(await ended(child)).toMatchObject({
        code,
        stderr: expect.stringContaining(says.replace('stdin', 'pipe: line 1')) as string,
      })
    } finally {
      await writer.close()
    }
  })

  test('is read to its end, however often its writer pauses', async () => {
    const folder = await makeConfigured()
    execFileSync('mkfifo', [folder.file('pipe')])
    const child = start(['encrypt', '-c', 'keyfold.yaml', 'pipe'], { cwd: folder.path })
    const over = ended(child)
    const writer = await open(folder.file('pipe'), 'w')
    for (let i = 0; i < 100; i++) await writer.write(ndjson(line('public.news', String(i))))
    await writer.close()
    const ran = await over
    expect(ran.code).toBe(0)
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(100)
  })

  test('does not keep a run from ending that is interrupted before anybody writes', async () => {
    const folder = await makeConfigured()
    execFileSync('mkfifo', [folder.file('pipe')])
    const child = start(['encrypt', '-c', 'keyfold.yaml', 'pipe', '-o', 'out'], { cwd: folder.path })
    const over = ended(child)
    while (!(await folder.names()).some((name) => name.endsWith('.tmp'))) await new Promise(setImmediate)
    child.kill('SIGTERM')
    expect(await over).toMatchObject({ code: 143 })
    expect(await folder.names()).toEqual(['keyfold.yaml', 'pipe'])
  })
})

test.each(['/dev/stdin', '/dev/fd/0'])('%s is the standard input', async (name) => {
  const folder = await makeConfigured()
  const input = ndjson(line('public.news', 'now'))
  expect(await runBin(['encrypt', '-c', 'keyfold.yaml', name], { cwd: folder.path, stdin: input })).toMatchObject({
    code: 0,
    stdout: input,
  })
})
