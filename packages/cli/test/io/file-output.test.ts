import { mkdir, readlink, rm, stat, symlink } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { makeFolder } from '../../../config/test/support/folder.ts'
import type { CliIo } from '../../src/io/cli-io.ts'
import { openOutput } from '../../src/io/open-output.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = (cwd: string, name: string, onUnfinished?: CliIo['onUnfinished']) =>
  openOutput(name, { cwd, onUnfinished } as CliIo)

describe('an output file', () => {
  test('has its name only when it is finished', async () => {
    const folder = await makeFolder()
    const output = await open(folder.path, 'out')
    await output.write(bytes('a'))
    await output.write(bytes('b'))
    const names = await folder.names()
    expect(names).toHaveLength(1)
    expect(names[0]).toMatch(/^\.out\.[0-9a-f]{16}\.tmp$/)
    await output.finish()
    expect(await folder.names()).toEqual(['out'])
    expect(await folder.read('out')).toBe('ab')
    await output.discard()
    expect(await folder.read('out')).toBe('ab')
  })

  test('leaves the older one alone when it is discarded, and nothing else', async () => {
    const folder = await makeFolder()
    await folder.write('out', 'older')
    const output = await open(folder.path, 'out')
    await output.write(bytes('newer'))
    await output.discard()
    await output.discard()
    expect(await folder.names()).toEqual(['out'])
    expect(await folder.read('out')).toBe('older')
  })

  test('replaces an older one of other rights by one for its owner alone', async () => {
    const folder = await makeFolder()
    await folder.write('out', 'older', 0o644)
    const output = await open(folder.path, 'out')
    await output.finish()
    expect((await stat(folder.file('out'))).mode & 0o777).toBe(0o600)
  })

  test('behind a link is replaced where it is, and the link stays', async () => {
    const folder = await makeFolder()
    await mkdir(folder.file('real'))
    await folder.write('real/out', 'older')
    await symlink('real/out', folder.file('link'))
    const output = await open(folder.path, 'link')
    await output.write(bytes('newer'))
    await output.finish()
    expect(await folder.read('real/out')).toBe('newer')
    expect(await readlink(folder.file('link'))).toBe('real/out')
  })

  test('behind a link that leads nowhere is refused', async () => {
    const folder = await makeFolder()
    await symlink('nowhere', folder.file('link'))
    await expect(open(folder.path, 'link')).rejects.toMatchObject({ code: 'CLI_OUTPUT' })
    expect(await folder.names()).toEqual(['link'])
  })

  test('may have the longest name that a file system takes', async () => {
    const folder = await makeFolder()
    const output = await open(folder.path, 'x'.repeat(255))
    await output.finish()
    expect(await folder.names()).toEqual(['x'.repeat(255)])
  })

  test('tells a signal handler what to remove, and when there is nothing left to remove', async () => {
    const folder = await makeFolder()
    let remove: (() => void) | undefined
    const track = (unfinished: () => void) => {
      remove = unfinished
      return () => {
        remove = undefined
      }
    }
    const output = await open(folder.path, 'out', track)
    remove?.()
    expect(await folder.names()).toEqual([])
    await output.discard()
    expect(remove).toBeUndefined()
    const second = await open(folder.path, 'out', track)
    await second.finish()
    expect(remove).toBeUndefined()
  })

  test('whose folder is removed meanwhile is a failure of the output', async () => {
    const folder = await makeFolder()
    await mkdir(folder.file('sub'))
    const output = await open(folder.path, 'sub/out')
    await rm(folder.file('sub'), { recursive: true })
    await expect(output.finish()).rejects.toMatchObject({ code: 'CLI_OUTPUT', exitCode: 3 })
    await output.discard()
  })
})

describe('an output that is no file', () => {
  test('is written to as it is', async () => {
    const output = await open('/', '/dev/null')
    await output.write(bytes('gone'))
    await output.finish()
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  test('that fails is discarded without another error', async () => {
    const output = await open('/', '/dev/full')
    await expect(output.write(bytes('x'))).rejects.toMatchObject({
      code: 'CLI_OUTPUT',
      message: expect.stringContaining('ENOSPC') as string,
    })
    await output.discard()
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true)
  })
})
