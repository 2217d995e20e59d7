import type { Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'

import { escapeText } from '@keyfold/kms-api'

import { describeMode, describeOwner, isForeign, isSticky, OTHERS_WRITE, rejectShared } from './guard-file.ts'
import type { InstalledDependency } from './installed-dependencies.ts'
import type { IsReadOnly } from './mounts.ts'
import { walkPath, type Visit } from './walk-path.ts'

/** The context of a guard. */
export interface FolderGuardOptions {
  /** The guarded package, for messages: `@keyfold/kms-aws was found in "/srv/node_modules"`; escaped. */
  readonly subject: string
  /** A user that is trusted besides this one and root. */
  readonly owner: number | undefined
  readonly isReadOnly: IsReadOnly
}

/** Rejects paths that others may change. Each method throws {@link ConfigError} `CONFIG_UNTRUSTED`. */
export interface FolderGuard {
  /** Guards the path to a package, by its name and by its real directory. */
  package(installed: InstalledDependency): Promise<void>
  /** Guards a file of a package. */
  file(path: string, installed: Pick<InstalledDependency, 'folder' | 'directory'>): Promise<void>
  /** Guards a folder in which Node looks for packages, whether it exists or could be created by others. */
  lookup(modules: string): Promise<void>
}

/** Creates the guard of one provider. Checks each path once. */
export function createFolderGuard({ subject, owner, isReadOnly }: FolderGuardOptions): FolderGuard {
  const known = new Map<string, Promise<Stats>>()
  const look = (path: string): Promise<Stats> => {
    const stats = known.get(path) ?? lstat(path)
    known.set(path, stats)
    return stats
  }
  const elsewhere = 'install it in a folder of your own'
  const mayWrite = (path: string, stats: Stats): boolean =>
    (stats.mode & OTHERS_WRITE) !== 0 && !stats.isSymbolicLink() && !isReadOnly(path)
  /** Sticky folders pass where `maySticky` says so. */
  const visitor =
    (maySticky: (path: string) => boolean): Visit =>
    (path, stats) => {
      if (isForeign(stats) && stats.uid !== owner && !isReadOnly(path))
        rejectShared(path, describeOwner(stats), `${subject}: ${elsewhere}`)
      if (!mayWrite(path, stats) || (isSticky(stats) && maySticky(path))) return
      const cure = isSticky(stats) ? elsewhere : `type chmod o-w ${escapeText(path)}, or ${elsewhere}`
      rejectShared(path, describeMode(stats), `${subject}: ${cure}`)
    }
  const ofPackage = ({ folder, directory }: Pick<InstalledDependency, 'folder' | 'directory'>): Visit =>
    visitor((path) => !isWithin(path, dirname(folder)) && !isWithin(path, directory))

  const lookup = async (modules: string): Promise<void> => {
    let last: { readonly path: string; readonly stats: Stats } | undefined
    const visit = visitor((path) => path !== modules)
    try {
      const real = await walkPath(
        modules,
        (path, stats) => {
          last = { path, stats }
          visit(path, stats)
        },
        look,
      )
      const own = visitor(() => false)
      own(real, await look(real))
      await guardEntries(real, own)
    } catch (error) {
      if (!isMissing(error)) throw error
      // A user that may write the last existing folder can create the rest of the path.
      if (last === undefined || !mayWrite(last.path, last.stats)) return
      rejectShared(
        last.path,
        `${describeMode(last.stats)} in which anybody could create "${escapeText(modules)}", where Node would look for what it imports`,
        `${subject}: type mkdir -m 755 -p ${escapeText(modules)}, or ${elsewhere}`,
      )
    }
  }

  /** Finds entries of a folder of packages that others could change, or put there before they lost write access. */
  const guardEntries = async (modules: string, visit: Visit): Promise<void> => {
    // A name that begins with a dot is not the name of a package.
    const names = (await readdir(modules)).filter((name) => !name.startsWith('.'))
    await Promise.all(
      names.map(async (name) => {
        const path = join(modules, name)
        const stats = await look(path)
        visit(path, stats)
        if (name.startsWith('@') && stats.isDirectory()) await guardEntries(path, visit)
      }),
    )
  }

  return {
    package: async (installed) => {
      const visit = ofPackage(installed)
      await walkPath(join(installed.folder, installed.name), visit, look)
      await walkPath(installed.directory, visit, look)
      // A folder that holds no package.json may still be imported from.
      await walkPath(join(installed.directory, 'package.json'), visit, look).catch((error: unknown) => {
        if (!isMissing(error)) throw error
      })
    },
    file: async (path, installed) => {
      await walkPath(path, ofPackage(installed), look)
    },
    lookup,
  }
}

/** Returns whether a path is missing, or not readable by the user that runs Node.js. */
function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
