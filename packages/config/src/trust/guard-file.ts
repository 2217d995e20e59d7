import type { Stats } from 'node:fs'
import { dirname } from 'node:path'

import { escapeText } from '@keyfold/kms-api'

import { ConfigError } from '../errors/config-error.ts'
import { readMounts } from './mounts.ts'
import { walkPath } from './walk-path.ts'

const GROUP_OR_OTHERS_WRITE = 0o022
const STICKY = 0o1000

/** The bits of a mode that let everybody write. */
export const OTHERS_WRITE = 0o002

/** Returns whether a user other than this one and root owns it, and may therefore change it. Never on Windows, which has no such owners. */
export function isForeign({ uid }: Pick<Stats, 'uid'>): boolean {
  return process.geteuid !== undefined && uid !== 0 && uid !== process.geteuid()
}

/** Returns whether nobody can rename or remove files of others in it, although all may write. */
export function isSticky(stats: Stats): boolean {
  return stats.isDirectory() && (stats.mode & STICKY) !== 0
}

/** Rejects a path that others may change. */
export function rejectShared(path: string, got: string, cure: string): never {
  throw new ConfigError(
    'CONFIG_UNTRUSTED',
    `"${escapeText(path)}" expected to be writable by nobody but you and root, got ${got}; ${cure}`,
  )
}

/** Describes the kind and the owner: `a folder of user 12345`. */
export function describeOwner(stats: Stats): string {
  return `${kindOf(stats)} of user ${stats.uid}`
}

/** Describes the kind and the mode: `a folder of mode 1777`. */
export function describeMode(stats: Stats): string {
  return `${kindOf(stats)} of mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}`
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSymbolicLink()) return 'a link'
  return stats.isFIFO() ? 'a pipe' : 'a file'
}

/**
 * Rejects a file that others may write or replace: it determines which code is loaded and with which credentials.
 *
 * The file and all folders above must belong to this user or root. The file and its folder must not be writable for their group or others,
 * folders above not for all. A sticky folder (`/tmp`) lets nobody replace the files of others and is accepted, and so is a read-only mount, such as a
 * ConfigMap or a Secret of Kubernetes. Windows has no such modes: nothing is checked.
 *
 * @param path - the real path, links resolved.
 * @param stats - of the opened file, so that the checked file is the one that is read.
 * @throws ConfigError `CONFIG_UNTRUSTED`.
 */
export async function guardFile(path: string, stats: Stats): Promise<void> {
  if (process.geteuid === undefined) return
  const isReadOnly = await readMounts()
  if (isForeign(stats) && !isReadOnly(path)) rejectShared(path, describeOwner(stats), 'copy it and use the copy')
  if ((stats.mode & GROUP_OR_OTHERS_WRITE) !== 0 && !isReadOnly(path))
    rejectShared(path, describeMode(stats), `type: chmod go-w ${escapeText(path)}`)
  const folder = dirname(path)
  await walkPath(folder, (here, found) => {
    if (isReadOnly(here)) return
    if (isForeign(found)) rejectShared(here, describeOwner(found), 'use a folder of your own')
    const own = here === folder
    if ((found.mode & (own ? GROUP_OR_OTHERS_WRITE : OTHERS_WRITE)) === 0 || isSticky(found) || found.isSymbolicLink())
      return
    rejectShared(here, describeMode(found), `type: chmod ${own ? 'go' : 'o'}-w ${escapeText(here)}`)
  })
}
