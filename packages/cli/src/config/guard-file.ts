import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import { CliError } from '../report/cli-error.ts'
import { escapeText } from '../report/escape-text.ts'

const GROUP_OR_OTHERS_WRITE = 0o022
const OTHERS_WRITE = 0o002
const STICKY = 0o1000

const refuse = (path: string, why: string, cure: string): never => {
  throw new CliError('CLI_CONFIG', `"${escapeText(path)}" expected to be writable by nobody but you and root, got ${why}; ${cure}`)
}

/** Whether somebody else than this user and root owns it, who may therefore change it. */
const foreign = (stats: Stats): boolean => stats.uid !== 0 && stats.uid !== process.geteuid?.()

const modeOf = (stats: Stats): string => `mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}`

/**
 * Refuses a file that others may write, or put another in the place of: it says which code is loaded and with which credentials.
 *
 * The file and its folder must belong to this user or root and must not be writable for their group or others; folders above must not be
 * writable for all. A sticky folder (`/tmp`) lets nobody replace another's file and is accepted. Windows has no such modes: nothing is checked.
 *
 * @param path - the real path, links resolved.
 * @param stats - of the opened file, so that what was checked is what is read.
 * @throws CliError `CLI_CONFIG`.
 */
export async function guardFile(path: string, stats: Stats): Promise<void> {
  if (process.geteuid === undefined) return
  if (foreign(stats)) refuse(path, `a file of user ${stats.uid}`, 'copy it and use the copy')
  if ((stats.mode & GROUP_OR_OTHERS_WRITE) !== 0) refuse(path, modeOf(stats), `type: chmod go-w ${escapeText(path)}`)
  await guardFolder(dirname(path))
}

/** Refuses a folder where others may put files, or put another folder in its place. The rules of {@link guardFile}. */
async function guardFolder(folder: string): Promise<void> {
  await walkUp(folder, GROUP_OR_OTHERS_WRITE)
}

/** Refuses a folder of installed packages that others may write. Many systems install with a group of the user's own: the group is not asked for. */
export async function guardPackageFolder(folder: string): Promise<void> {
  await walkUp(folder, OTHERS_WRITE)
}

async function walkUp(folder: string, forbiddenHere: number): Promise<void> {
  if (process.geteuid === undefined) return
  for (let path = folder; ; path = dirname(path)) {
    const forbidden = path === folder ? forbiddenHere : OTHERS_WRITE
    const stats = await stat(path)
    if (path === folder && foreign(stats)) refuse(path, `a folder of user ${stats.uid}`, 'use a folder of your own')
    if ((stats.mode & forbidden) !== 0 && (stats.mode & STICKY) === 0) {
      refuse(path, `a folder of ${modeOf(stats)}`, `type: chmod ${forbidden === OTHERS_WRITE ? 'o' : 'go'}-w ${escapeText(path)}`)
    }
    if (path === dirname(path)) return
  }
}
