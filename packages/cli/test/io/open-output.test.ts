import { execFileSync } from 'node:child_process'
import { chown, lchown, mkdir, readFile, symlink } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { line, makeConfigured, makeFolder, ndjson, type Folder } from '../../../config/test/support/folder.ts'
import type { CliIo } from '../../src/io/cli-io.ts'
import { openOutput } from '../../src/io/open-output.ts'
import { run } from '../support/run.ts'
import { runBin } from '../support/spawn.ts'

const STRANGER = 12345
const CANNOT_CHOWN = process.geteuid?.() !== 0

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = (folder: Folder, name: string) => openOutput(name, { cwd: folder.path } as CliIo)
const makePipe = (path: string): void => {
  execFileSync('sh', ['-c', 'mkfifo -m 600 "$0"', path])
}

async function writeTo(folder: Folder, name: string, text: string): Promise<void> {
  const output = await open(folder, name)
  await output.write(bytes(text))
  await output.finish()
}

describe('an output that is there already', () => {
  test('is written to where it is a pipe of this user', async () => {
    const folder = await makeFolder()
    makePipe(folder.file('pipe'))
    const read = readFile(folder.file('pipe'), 'utf8')
    await writeTo(folder, 'pipe', 'records')
    expect(await read).toBe('records')
  })

  test('is written to where it is a device, or the standard output under its name', async () => {
    const folder = await makeConfigured()
    await writeTo(folder, '/dev/null', 'records')
    const input = ndjson(line('public.a', 'x'))
    const ran = await runBin(['encrypt', '-c', 'keyfold.yaml', '-o', '/dev/stdout'], {
      cwd: folder.path,
      stdin: input,
      shell: '"$@" | cat',
    })
    expect(ran).toMatchObject({ code: 0, stdout: input })
  })

  test('is replaced behind links of this user, in folders as well', async () => {
    const folder = await makeFolder()
    await mkdir(folder.file('real'))
    await folder.write('real/out', 'older')
    await symlink('real', folder.file('folder'))
    await symlink('folder/out', folder.file('link'))
    for (const [name, text] of [
      ['link', 'a'],
      ['folder/out', 'b'],
      ['folder/../folder/./out', 'c'],
    ] as const) {
      await writeTo(folder, name, text)
      expect(await folder.read('real/out')).toBe(text)
    }
    await writeTo(folder, 'folder/new', 'd')
    expect(await folder.read('real/new')).toBe('d')
  })

  test('fails as such where links lead in a circle or nowhere', async () => {
    const folder = await makeFolder()
    await symlink('b', folder.file('a'))
    await symlink('a', folder.file('b'))
    await symlink('none', folder.file('dangling'))
    await expect(open(folder, 'a')).rejects.toThrow('a: cannot be written: ELOOP')
    await expect(open(folder, 'dangling')).rejects.toThrow('dangling: cannot be written: ')
  })
})

describe.skipIf(CANNOT_CHOWN)('an output that another user has put there (only root can try)', () => {
  const encrypt = (folder: Folder, output: string) =>
    run(['encrypt', '-c', 'keyfold.yaml', '-o', output], { cwd: folder.path, stdin: ndjson(line('public.a', 'x')) })
  const refused = (got: string) => ({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining(`expected to be yours or root's, got ${got} of user ${STRANGER}; `) as string,
  })

  test('is refused where it is a pipe, read from or not', async () => {
    const folder = await makeConfigured()
    makePipe(folder.file('pipe'))
    await chown(folder.file('pipe'), STRANGER, STRANGER)
    expect(await encrypt(folder, 'pipe')).toMatchObject(refused('a pipe'))
    const child = runBin([], { cwd: folder.path, shell: 'timeout 2 cat pipe' })
    expect(await encrypt(folder, 'pipe')).toMatchObject(refused('a pipe'))
    expect((await child).stdout).toBe('')
  })

  test('is refused where it is a link, by which an own file would be replaced', async () => {
    const folder = await makeConfigured()
    await folder.write('precious', 'mine')
    await symlink('precious', folder.file('out'))
    await lchown(folder.file('out'), STRANGER, STRANGER)
    expect(await encrypt(folder, 'out')).toMatchObject(refused('a link'))
    expect(await folder.read('precious')).toBe('mine')
    await symlink('out', folder.file('hop'))
    expect(await encrypt(folder, 'hop')).toMatchObject(refused('a link'))
  })

  test('is refused where it is a link to a pipe, or to a folder on the way', async () => {
    const folder = await makeConfigured()
    makePipe(folder.file('pipe'))
    await mkdir(folder.file('folder'))
    for (const [target, output] of [
      ['pipe', 'to-pipe'],
      ['folder', 'to-folder/out'],
    ] as const) {
      await symlink(target, folder.file(`to-${target}`))
      await lchown(folder.file(`to-${target}`), STRANGER, STRANGER)
      expect(await encrypt(folder, output)).toMatchObject(refused('a link'))
    }
  })
})
