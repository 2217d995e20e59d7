import { dirname } from 'node:path'

import { escapeText } from '@keyfold/kms-api'
import type { FoundProvider } from '@keyfold/kms-api/discovery'

import { createFolderGuard } from './folder-guard.ts'
import { installedDependencies } from './installed-dependencies.ts'
import { commonJsFolders, nodeModulesAbove } from './lookup-folders.ts'
import { readMounts } from './mounts.ts'

/**
 * Rejects the code of a provider if others may have put it there, or may replace it before it runs: every folder, link and file on the way to it and to
 * what it depends on, and every folder in which Node would look for anything that these import, installed or not, must belong to this user or root and
 * not be writable for all. Many systems install with a group of the user's own: the group is not checked.
 *
 * A sticky folder such as `/tmp` is accepted above an installation if its `node_modules` exists and is guarded as well: then nobody can put another in
 * its place. A read-only mount cannot be changed. Windows has no such modes: nothing is checked.
 *
 * @param owner - a further trusted user: the owner of this command could have changed it as well.
 * @throws {@link ConfigError} `CONFIG_UNTRUSTED`.
 */
export async function guardProvider(found: FoundProvider, owner?: number): Promise<void> {
  if (process.geteuid === undefined) return
  const { packageName, folder, directory, file } = found
  const guard = createFolderGuard({
    subject: `${packageName} was found in "${escapeText(folder)}"`,
    owner,
    isReadOnly: await readMounts(),
  })
  await guard.package({ name: packageName, folder, directory })
  await guard.file(file, { folder, directory })
  const dependencies = await installedDependencies(directory)
  for (const dependency of dependencies) await guard.package(dependency)
  const origins = [dirname(file), ...dependencies.map((dependency) => dependency.directory)]
  for (const modules of new Set(origins.flatMap(nodeModulesAbove))) await guard.lookup(modules)
  for (const modules of new Set(commonJsFolders(process))) await guard.lookup(modules)
}
