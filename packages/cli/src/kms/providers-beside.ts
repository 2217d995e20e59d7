import { readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import manifest from '../../package.json' with { type: 'json' }
import { OWN_FILE } from './load-provider.ts'

const SCOPE = '@keyfold'
const PROVIDER = /^kms-([a-z][a-z0-9-]*)$/
/** Packages with such a name that are not providers. */
const NOT_PROVIDERS: ReadonlySet<string> = new Set(['api', 'test-support'])

/**
 * Names the providers that are installed beside this command: in the `node_modules` that hold it, itself or as a link to it, and in no other folder on
 * the way up, which anybody may have made. Nothing of them runs.
 */
export async function providersBeside(): Promise<string[]> {
  const names = new Set<string>()
  for (let folder = dirname(OWN_FILE); folder !== dirname(folder); folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (!(await holdsThisCommand(modules))) continue
    for (const entry of await readdir(join(modules, SCOPE)).catch(() => [])) {
      const name = PROVIDER.exec(entry)?.[1]
      if (name !== undefined && !NOT_PROVIDERS.has(name)) names.add(name)
    }
  }
  return [...names].sort()
}

async function holdsThisCommand(modules: string): Promise<boolean> {
  const own = await realpath(join(modules, manifest.name)).catch(() => undefined)
  return own !== undefined && OWN_FILE.startsWith(join(own, '/'))
}
