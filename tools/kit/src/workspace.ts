import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Manifest } from './manifest.ts'

/** A text file of the repository. */
export interface TextFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
}

/** A folder of `packages/`, `examples/` or `tools/` with a package.json. */
export interface WorkspacePackage {
  /** From the root, with `/`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The repository as the rules see it; everything is read once. */
export interface Workspace {
  readonly root: string
  readonly manifest: Manifest
  readonly packages: readonly WorkspacePackage[]
  /** The packages that are published. */
  readonly published: readonly WorkspacePackage[]
  /** The files whose path matches. */
  files(pattern: RegExp): readonly TextFile[]
}

// What .gitignore names, and .git itself: the rules must work without git too.
const IGNORED = new Set(['.git', 'node_modules', 'dist', 'coverage', '.nx', '.results', '.keyfold'])
const PARENTS = ['packages', 'examples', 'tools']

/** Reads the repository at `root`. */
export function readWorkspace(root: string): Workspace {
  const paths = walk(root, '')
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(path.join(root, file), 'utf8')
    texts.set(file, text)
    return text
  }
  const manifest = JSON.parse(read('package.json')) as Manifest
  const packages = PARENTS.flatMap((parent) =>
    (existsSync(path.join(root, parent)) ? readdirSync(path.join(root, parent)).sort() : [])
      .map((name) => `${parent}/${name}`)
      .filter((folder) => existsSync(path.join(root, folder, 'package.json')))
      .map((folder) => ({ folder, manifest: JSON.parse(read(`${folder}/package.json`)) as Manifest })),
  )
  return {
    root,
    manifest,
    packages,
    published: packages.filter((each) => each.manifest.private !== true),
    files: (pattern) =>
      paths
        .filter((file) => pattern.test(file))
        .map((file) => ({
          path: file,
          get text() {
            return read(file)
          },
        })),
  }
}

/** The files of one package whose path inside it matches. */
export function filesOf(workspace: Workspace, { folder }: WorkspacePackage, pattern: RegExp): readonly TextFile[] {
  const prefix = `${folder}/`
  return workspace
    .files(/./)
    .filter((file) => file.path.startsWith(prefix) && pattern.test(file.path.slice(prefix.length)))
}

function walk(root: string, folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (IGNORED.has(entry.name) || entry.name.endsWith('.tgz')) return []
      const place = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? walk(root, place) : entry.isFile() ? [place] : []
    })
}
