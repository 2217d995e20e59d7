import { dirname, isAbsolute, join, relative, sep } from 'node:path'

import type { FoundProvider } from '@keyfold/kms-api/discovery'

import { escapeText } from '../errors/escape-text.ts'
import { describeMode, describeOwner, isForeign, isSticky, OTHERS_WRITE, refuseShared } from './guard-file.ts'
import { walkPath, type Visit } from './walk-path.ts'

/**
 * Refuses the code of a provider that others may have put there, or may put there before it runs: every folder, link and file on the way to it must
 * belong to this user or root and not be writable for all. Many systems install with a group of the user's own: the group is not asked for.
 *
 * A sticky folder such as `/tmp` is accepted above the place of an installation, where nobody can replace it; not as that place, where anybody could
 * have made the `node_modules` that was found. Windows has no such modes: nothing is checked.
 *
 * @param owner - one more user who is trusted: who owns this command could have changed it as well.
 * @throws ConfigError `CONFIG_UNTRUSTED`.
 */
export async function guardProvider(found: FoundProvider, owner?: number): Promise<void> {
  if (process.geteuid === undefined) return
  const { packageName, folder, directory, file } = found
  const cure = `${packageName} was found in "${escapeText(folder)}": install it in a folder of your own`
  const visit: Visit = (path, stats) => {
    if (isForeign(stats) && stats.uid !== owner) refuseShared(path, describeOwner(stats), cure)
    if ((stats.mode & OTHERS_WRITE) === 0 || stats.isSymbolicLink()) return
    const mayBeSticky = !isWithin(path, dirname(folder)) && !isWithin(path, directory)
    if (!mayBeSticky || !isSticky(stats)) refuseShared(path, describeMode(stats), cure)
  }
  await walkPath(join(folder, packageName), visit)
  await walkPath(file, visit)
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
