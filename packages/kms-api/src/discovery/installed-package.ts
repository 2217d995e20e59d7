import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A package that is installed where an application finds it. Nothing of it has run. */
export interface InstalledPackage {
  readonly name: string
  readonly directory: string
  /** The directory that holds it, usually a `node_modules`. */
  readonly base: string
}

/** Finds a package as Node does: the nearest directory, from `origin` upwards, that holds it. */
export function findPackage(packageName: string, origin: string): InstalledPackage | undefined {
  const directories = createRequire(origin).resolve.paths(packageName) ?? []
  for (const base of directories) {
    const directory = join(base, packageName)
    if (hasManifest(directory)) return { name: packageName, directory, base }
  }
  return undefined
}

/** Says whether a directory has a `package.json`. One that may not be read counts as one that is not there, as for Node. */
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
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) throw new SyntaxError('"package.json" expected an object')
  return manifest as Record<string, unknown>
}
