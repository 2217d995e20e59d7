import { dirname } from 'node:path'

import { escapeText } from '@keyfold/kms-api'
import type { FoundProvider } from '@keyfold/kms-api/discovery'

import { createFolderGuard } from './folder-guard.ts'
import { installedDependencies } from './installed-dependencies.ts'
import { commonJsFolders, nodeModulesAbove } from './lookup-folders.ts'
import { readMounts } from './mounts.ts'

/**
 * Rejects the code of a provider that others may have put there, or may put there before it runs: every folder, link and file on the way to it and to
 * what it depends on, and every folder in which Node would look for anything that these import, installed or not, must belong to this user or root and
 * not be writable for all. Many systems install with a group of the user's own: the group is not asked for.
 *
 * A sticky folder such as `/tmp` is accepted above an installation if its `node_modules` is there and guarded as well: then nobody can put another in
 * its place. What is mounted read-only cannot be changed. Windows has no such modes: nothing is checked.
 *
 * @param owner - one more user who is trusted: the owner of this command could have changed it as well.
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
