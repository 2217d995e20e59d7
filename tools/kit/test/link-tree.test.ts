import { lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { linkTree } from '../src/link-tree.ts'
import { withTemporaryFolder } from '../src/temporary-folder.ts'

test('files are the same, links stay relative and lead to the copy, and what is skipped is absent', async () => {
  await withTemporaryFolder('test', async (folder) => {
    const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to', 'deep')]
    mkdirSync(path.join(from, 'a', '.vite'), { recursive: true })
    writeFileSync(path.join(from, 'a', 'file.js'), 'text')
    symlinkSync('../a', path.join(from, 'a', 'self'), 'dir')
    await linkTree(from, to, (name) => name === '.vite')
    expect(readFileSync(path.join(to, 'a', 'file.js'), 'utf8')).toBe('text')
    expect(statSync(path.join(to, 'a', 'file.js')).ino).toBe(statSync(path.join(from, 'a', 'file.js')).ino)
    expect(readlinkSync(path.join(to, 'a', 'self'))).toBe('../a')
    expect(lstatSync(path.join(to, 'a', '.vite'), { throwIfNoEntry: false })).toBeUndefined()
  })
})
