import { runtimeDependencies } from '@keyfold/kit/manifest'
import { packedTexts } from '@keyfold/kit/packed-package'

import { importsOf, packageOf } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'

/**
 * Declared for what a dependency looks for without declaring it: so that Node finds this package, and none that somebody planted in a folder above.
 * node-vault's `debug` looks for `supports-color`.
 */
const PINNED: Readonly<Record<string, readonly string[]>> = { '@keyfold/kms-vault': ['supports-color'] }

export const rule: Rule = {
  name: 'declared-imports',
  promise: 'what a packed package imports is declared in its dependencies, and what it declares it imports',
  tarball: (packed) => {
    const declared = runtimeDependencies(packed.manifest)
    const used = new Set<string>()
    const undeclared = packedTexts(packed, /^dist\/.*\.(?:[cm]?js|d\.[cm]?ts)$/).flatMap((file) =>
      importsOf(file.path, file.text)
        .filter(({ specifier }) => !/^(?:\.|node:|#)/.test(specifier))
        .filter(({ specifier }) => {
          const name = packageOf(specifier)
          used.add(name)
          return name !== packed.manifest.name && !declared.includes(name)
        })
        .map(
          ({ specifier, line }) => `${file.path}:${line} imports "${specifier}", which package.json does not declare`,
        ),
    )
    return [
      ...undeclared,
      ...declared
        .filter((name) => !used.has(name) && !PINNED[packed.manifest.name]?.includes(name))
        .map((name) => `package.json declares "${name}", which nothing in dist imports`),
    ]
  },
}
