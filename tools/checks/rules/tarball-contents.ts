import { existsSync } from 'node:fs'
import path from 'node:path'

import { conditionsOf } from '@keyfold/kit/manifest'
import { packedTexts, type PackedPackage } from '@keyfold/kit/packed-package'

import type { Rule } from '../lib/rule.ts'

const EXPECTED =
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/.+\.(?:js|js\.map|d\.ts|json)|src\/.+\.(?:ts|json)|schema\/.+\.json)$/
const TESTS = /(?:^|\/)(?:test|tests|fixtures|__tests__)\/|\.(?:test|spec|bench)\.[cm]?[jt]s$/

export const rule: Rule = {
  name: 'tarball-contents',
  promise:
    'a tarball holds the licence, the README, code, types, source maps and their sources, and nothing else: no test, no configuration',
  tarball: (packed) => {
    const names = [...packed.files.keys()]
    const needed = [
      'LICENSE',
      'README.md',
      ...(existsSync(path.join(packed.folder, 'CHANGELOG.md')) ? ['CHANGELOG.md'] : []),
      ...targets(packed),
    ]
    return [
      ...needed.filter((name) => !packed.files.has(name)).map((name) => `${name} is missing`),
      ...names
        .filter((name) => !EXPECTED.test(name) || TESTS.test(name))
        .map((name) => `${name} does not belong there`),
      ...names
        .filter((name) => /^dist\/.*\.js$/.test(name) && !packed.files.has(`${name}.map`))
        .map((name) => `${name} has no source map`),
      ...names
        .filter((name) => name === 'README.md' && packed.files.get(name)?.length === 0)
        .map((name) => `${name} is empty`),
      ...missingSources(packed),
    ]
  },
}

function targets({ manifest }: PackedPackage): readonly string[] {
  const entries = Object.values(manifest.exports ?? {}).flatMap((entry) => Object.values(conditionsOf(entry)))
  return [...entries, ...Object.values(manifest.bin ?? {})].map((target) => target.replace(/^\.\//, ''))
}

/** Stack traces lead to sources only when the maps' sources are there. */
function missingSources(packed: PackedPackage): readonly string[] {
  return packedTexts(packed, /^dist\/.*\.map$/).flatMap((map) => {
    const { sources = [], sourcesContent } = JSON.parse(map.text) as {
      sources?: readonly string[]
      sourcesContent?: readonly (string | null)[]
    }
    return sources
      .map((source) => path.posix.join(path.posix.dirname(map.path), source))
      .filter((source, at) => !packed.files.has(source) && typeof sourcesContent?.[at] !== 'string')
      .map((source) => `${map.path} names ${source}, which is not in the tarball`)
  })
}
