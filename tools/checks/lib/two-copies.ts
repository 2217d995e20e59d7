import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { extract } from 'tar'

import { conditionsOf } from '@keyfold/kit/manifest'
import type { PackedPackage } from '@keyfold/kit/packed-package'

/** One entry of a package that is there twice. */
export interface CopiedEntry {
  /** As in `exports`. */
  readonly entry: string
  /** The declarations of the first copy, absolute. */
  readonly declarations: string
  /** Modules that hand on the one copy and the other, as specifiers from the folder. */
  readonly first: string
  readonly second: string
}

/**
 * Installs a package twice below `folder`, as two dependants with copies of their own would have it: `first/` and `second/`, each with modules that hand on
 * its entries. The second has another version: TypeScript takes two copies of one version for the same files, and would compare nothing.
 */
export function installCopies(packed: PackedPackage, folder: string): readonly CopiedEntry[] {
  const { name, version, exports = {} } = packed.manifest
  const entries = Object.entries(exports).flatMap(([entry, targets]) => {
    const types = conditionsOf(targets)['types']
    return types === undefined ? [] : [{ entry, types }]
  })
  symlinkSync(path.join(packed.root, 'node_modules'), path.join(folder, 'node_modules'), 'dir')
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  for (const copy of ['first', 'second']) {
    const target = path.join(folder, copy, 'node_modules', name)
    mkdirSync(target, { recursive: true })
    extract({ file: packed.tarball, cwd: target, strip: 1, sync: true })
    writeFileSync(
      path.join(target, 'package.json'),
      JSON.stringify({ ...packed.manifest, version: copy === 'first' ? version : `${version}-copy` }),
    )
    entries.forEach(({ entry }, index) => {
      writeFileSync(path.join(folder, copy, `entry-${index}.ts`), `export * from '${name}${entry.slice(1)}'\n`)
    })
  }
  return entries.map(({ entry, types }, index) => ({
    entry,
    declarations: path.join(folder, 'first', 'node_modules', name, types),
    first: `./first/entry-${index}.js`,
    second: `./second/entry-${index}.js`,
  }))
}
