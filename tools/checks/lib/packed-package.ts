import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { Manifest } from './manifest.ts'
import { runTool } from './run-tool.ts'
import { readTar } from './tar.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

/** A package as `npm pack` makes it: what users get. */
export interface PackedPackage {
  /** The repository's root. */
  readonly root: string
  /** The package's folder, absolute. */
  readonly folder: string
  readonly manifest: Manifest
  /** The tarball on disk, absolute. */
  readonly tarball: string
  /** Contents by path in the package, without the leading `package/`. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Packs the package in `folder` for as long as `use` runs. Scripts are not run: the build is a task of its own. */
export function withPackedPackage<T>(
  root: string,
  folder: string,
  use: (packed: PackedPackage) => Promise<T>,
): Promise<T> {
  return withTemporaryFolder(async (temporary) => {
    const npm = process.env['npm_execpath']
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary]
    const { status, stdout, stderr } =
      npm !== undefined && /\.c?js$/.test(npm)
        ? await runTool(process.execPath, [npm, ...args], folder)
        : await runTool('npm', args, folder)
    if (status !== 0) throw new Error(`npm pack failed in ${folder}: ${stderr}`)
    const filename = /"filename": "([^"]+)"/.exec(stdout)?.[1]
    if (filename === undefined) throw new Error(`npm pack expected to name its tarball, got ${stdout.slice(0, 200)}`)
    return use(readPackedPackage(root, folder, path.join(temporary, path.basename(filename))))
  })
}

/** Reads a tarball that is there already. */
function readPackedPackage(root: string, folder: string, tarball: string): PackedPackage {
  const files = new Map(
    [...readTar(readFileSync(tarball))].map(([name, bytes]) => [name.replace(/^[^/]+\//, ''), bytes]),
  )
  const manifest = files.get('package.json')
  if (manifest === undefined) throw new Error(`${tarball} expected to hold a package.json`)
  return { root, folder, manifest: JSON.parse(textOf(manifest)) as Manifest, tarball, files }
}

/** The text files whose path matches. */
export function packedTexts(
  packed: PackedPackage,
  pattern: RegExp,
): readonly { readonly path: string; readonly text: string }[] {
  return [...packed.files]
    .filter(([name]) => pattern.test(name))
    .map(([name, bytes]) => ({ path: name, text: textOf(bytes) }))
}

/** Writes the package's files below `folder`, as an installation would. */
export function unpack(packed: PackedPackage, folder: string): void {
  for (const [name, bytes] of packed.files) {
    const target = path.join(folder, name)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, bytes)
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
