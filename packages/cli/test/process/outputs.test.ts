import { Buffer } from 'node:buffer'

import { describe, expect, test } from 'vitest'

import { line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { ended, runBin, start } from '../support/spawn.ts'

const MANY = ndjson(...Array.from({ length: 3000 }, (_, i) => line('orders', `${i} ${'x'.repeat(500)}`)))
const ENCRYPT = ['encrypt', '-c', 'keyfold.yaml']

describe('an output that fails', () => {
  test('a full device behind standard output: a clear line and exit code 3', async () => {
    const folder = await makeConfigured()
    const ran = await runBin(ENCRYPT, { cwd: folder.path, stdin: MANY, shell: 'exec "$@" > /dev/full' })
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('stdout: cannot be written: no space is left on the device (ENOSPC)') as string,
    })
  })

  test('a full device as --output', async () => {
    const folder = await makeConfigured()
    const ran = await runBin([...ENCRYPT, '-o', '/dev/full'], { cwd: folder.path, stdin: MANY })
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('(ENOSPC)') as string })
  })

  test('a limit on the size of files: the temporary file is removed', async () => {
    const folder = await makeConfigured()
    const ran = await runBin([...ENCRYPT, '-o', 'out.ndjson'], {
      cwd: folder.path,
      stdin: MANY,
      shell: 'ulimit -f 100; exec "$@"',
    })
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        'out.ndjson: cannot be written: it would be larger than the limit for files (EFBIG)',
      ) as string,
    })
    expect(await folder.names()).toEqual(['keyfold.yaml'])
  })

  test('a closed pipe: one line on standard error, exit code 3, no stack', async () => {
    const folder = await makeConfigured()
    const child = start(ENCRYPT, { cwd: folder.path })
    child.stdin!.on('error', () => undefined)
    child.stdout!.once('data', () => child.stdout!.destroy())
    const over = ended(child).catch(() => undefined)
    const code = new Promise<number | null>((done) => child.once('exit', done))
    const errors: Buffer[] = []
    child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk))
    for (let i = 0; i < 20 && child.exitCode === null; i++) child.stdin!.write(MANY)
    child.stdin!.end()
    expect(await code).toBe(3)
    await over
    const stderr = Buffer.concat(errors).toString()
    expect(stderr).toMatch(/keyfold: error: stdout: cannot be written: whoever read it has closed the pipe/)
    expect(stderr).not.toContain('    at ')
  })

  test('help into a closed pipe ends quietly enough', async () => {
    const folder = await makeConfigured()
    const ran = await runBin(['--help'], { cwd: folder.path, shell: '"$@" | true' })
    expect(ran.stderr).not.toContain('    at ')
  })

  test('a closed standard error changes nothing about the data', async () => {
    const folder = await makeConfigured()
    const ran = await runBin(ENCRYPT, { cwd: folder.path, stdin: MANY, shell: 'exec "$@" 2>/dev/full' })
    expect(ran.code).toBe(0)
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(3000)
  })
})

test('data goes through a pipe and back, with an end record', async () => {
  const folder = await makeConfigured()
  const shell =
    '"$@" encrypt -c keyfold.yaml --end-record | "$@" decrypt -c keyfold.yaml --require-end-record --topic orders'
  const ran = await runBin([], { cwd: folder.path, stdin: MANY, shell })
  expect(ran).toMatchObject({ code: 0, stdout: MANY })
})
