import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'

import { nodeModulesAbove } from './lookup-folders.ts'

/** A package that another one finds. */
export interface InstalledDependency {
  readonly name: string
  /** The `node_modules` that holds it, itself or as a link. */
  readonly folder: string
  /** The real directory, links resolved: Node looks up its imports from here. */
  readonly directory: string
}

const FIELDS = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const
const NAME = /^(?:@[^/@.][^/]*\/)?[^/@.][^/]*$/

/** Finds all installed packages that a package depends on, directly or not. No code of them runs. */
export async function installedDependencies(directory: string): Promise<InstalledDependency[]> {
  const found = new Map<string, InstalledDependency>()
  const visited = new Set<string>()
  const queue = [directory]
  for (let from = queue.pop(); from !== undefined; from = queue.pop()) {
    if (visited.has(from)) continue
    visited.add(from)
    const origin = from
    const dependencies = await Promise.all((await dependenciesOf(origin)).map((name) => find(name, origin)))
    for (const dependency of dependencies) {
      if (dependency === undefined) continue
      found.set(join(dependency.folder, dependency.name), dependency)
      queue.push(dependency.directory)
    }
  }
  return [...found.values()]
}

async function dependenciesOf(directory: string): Promise<string[]> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>
    return FIELDS.flatMap((field) => Object.keys((manifest[field] as object | null | undefined) ?? {})).filter((name) =>
      NAME.test(name),
    )
  } catch {
    // Node.js stops at a broken package.json.
    return []
  }
}

async function find(name: string, from: string): Promise<InstalledDependency | undefined> {
  for (const folder of nodeModulesAbove(from)) {
    const directory = await realpath(join(folder, name)).catch(() => undefined)
    if (directory !== undefined) return { name, folder, directory }
  }
  return undefined
}
