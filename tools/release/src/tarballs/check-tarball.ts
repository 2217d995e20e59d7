import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { packedTexts, type PackedPackage } from '@keyfold/kit/packed-package'

import { rule as contents } from '../../../checks/rules/tarball-contents.ts'

/** Says what is wrong with a tarball as users get it. */
export async function checkTarball(packed: PackedPackage): Promise<readonly string[]> {
  const { version, exports = {} } = packed.manifest
  const text = (name: string): string => packedTexts(packed, /./).find((file) => file.path === name)?.text ?? ''
  const licence = await readFile(path.join(packed.root, 'LICENSE'), 'utf8')
  const types = [...packed.files.keys()].filter((name) => /^dist\/.*\.d\.ts$/.test(name))
  return [
    ...((await contents.tarball?.(packed)) ?? ['the rule about tarballs is gone']),
    ...(text('LICENSE') === licence ? [] : ['LICENSE expected the text of the repository']),
    ...(text('README.md').length > 500 ? [] : ['README.md expected to say something']),
    ...(text('CHANGELOG.md').includes(`\n## ${version}\n`)
      ? []
      : [`CHANGELOG.md expected a heading for ${version}: has the package a changeset?`]),
    ...(types.length > 0 || exports['.'] === undefined ? [] : ['dist expected declarations']),
  ]
}
