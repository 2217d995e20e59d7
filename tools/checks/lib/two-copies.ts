import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { type PackedPackage, unpack } from './packed-package.ts'

/**
 * Installs a package twice below `folder`, as two dependants with copies of their own would have it: `first/` and `second/`, each with a module `copy.ts`
 * that hands on its copy. The second has another version: TypeScript takes two copies of one version for the same files, and would compare nothing.
 */
export function installCopies(packed: PackedPackage, folder: string): void {
  const { name, version } = packed.manifest
  symlinkSync(path.join(packed.root, 'node_modules'), path.join(folder, 'node_modules'), 'dir')
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  for (const copy of ['first', 'second']) {
    const target = path.join(folder, copy, 'node_modules', name)
    mkdirSync(target, { recursive: true })
    unpack(packed, target)
    writeFileSync(path.join(target, 'package.json'), JSON.stringify({ ...packed.manifest, version: copy === 'first' ? version : `${version}-copy` }))
    writeFileSync(path.join(folder, copy, 'copy.ts'), `export * from '${name}'\n`)
  }
}
