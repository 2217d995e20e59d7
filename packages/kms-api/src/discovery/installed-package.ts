import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'

/** A package that is installed where an application finds it. Nothing of it has run. */
export interface InstalledPackage {
  readonly name: string
  readonly directory: string
  /** The `node_modules` that holds it. */
  readonly base: string
}

/**
 * Finds a package as Node does for `import`: in the nearest `node_modules`, from `origin` upwards, that holds it. Folders of the environment
 * (`NODE_PATH`, `~/.node_modules`) are left out: a user that may write there need not be the one that installed the application.
 */
export function findPackage(packageName: string, origin: string): InstalledPackage | undefined {
  for (const base of lookupFolders(origin)) {
    const directory = join(base, packageName)
    if (hasManifest(directory)) return { name: packageName, directory, base }
  }
  return undefined
}

function lookupFolders(origin: string): string[] {
  const folders: string[] = []
  for (let directory = dirname(normalize(origin)); ; directory = dirname(directory)) {
    if (basename(directory) !== 'node_modules') folders.push(join(directory, 'node_modules'))
    if (directory === dirname(directory)) return folders
  }
}

/** Returns whether a directory has a `package.json`. An unreadable one counts as missing, as for Node.js. */
export function hasManifest(directory: string): boolean {
  try {
    return statSync(join(directory, 'package.json')).isFile()
  } catch {
    return false
  }
}

/** Reads the `package.json` of a directory. @throws SyntaxError or a file system error. */
export function readManifest(directory: string): Record<string, unknown> {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw new SyntaxError('"package.json" expected an object')
  return manifest as Record<string, unknown>
}
