import { existsSync } from 'node:fs'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Folder } from '../../../config/test/support/folder.ts'

/** Installs the built command under `at`, with what it depends on. Gives the file to run. */
export async function installCommand(folder: Folder, at: string): Promise<string> {
  const modules = `${at}/node_modules`
  const source = fileURLToPath(new URL('../../../cli', import.meta.url))
  await mkdir(folder.file(`${modules}/@keyfold/cli`), { recursive: true })
  for (const part of ['dist', 'package.json'])
    await cp(join(source, part), folder.file(`${modules}/@keyfold/cli/${part}`), { recursive: true })
  const { dependencies } = JSON.parse(await folder.read(`${modules}/@keyfold/cli/package.json`)) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(folder.file(`${modules}/${name}`)), { recursive: true })
    const own = join(source, 'node_modules', name)
    await symlink(existsSync(own) ? own : join(source, '../../node_modules', name), folder.file(`${modules}/${name}`))
  }
  return folder.file(`${modules}/@keyfold/cli/dist/bin.js`)
}
