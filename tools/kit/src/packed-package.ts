import { Buffer } from 'node:buffer'
import path from 'node:path'

import { list } from 'tar'

import type { Manifest } from './manifest.ts'
import { npm } from './npm.ts'
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
  return withTemporaryFolder('pack', async (temporary) => {
    const printed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', temporary], { cwd: folder })
    const filename = /"filename": "([^"]+)"/.exec(printed)?.[1]
    if (filename === undefined) throw new Error(`npm pack did not name its tarball: ${printed.slice(0, 200)}`)
    return use(readPackedPackage(root, folder, path.join(temporary, path.basename(filename))))
  })
}

/** Reads the tarball of the package in `folder`. */
export function readPackedPackage(root: string, folder: string, tarball: string): PackedPackage {
  const files = new Map<string, Uint8Array>()
  list({
    file: tarball,
    sync: true,
    onReadEntry: (entry) => {
      const chunks: Uint8Array[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => files.set(entry.path.replace(/^[^/]+\//, ''), Buffer.concat(chunks)))
    },
  })
  const manifest = files.get('package.json')
  if (manifest === undefined) throw new Error(`${tarball} has no package.json`)
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

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
