import { readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { checkTarball } from '../src/tarballs/check-tarball.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const WHOLE: Readonly<Record<string, string>> = {
  LICENSE: readFileSync(path.join(root, 'LICENSE'), 'utf8'),
  'README.md': '# A package\n'.repeat(50),
  'CHANGELOG.md': '# @keyfold/kms-acme\n\n## 0.1.0\n\n### Minor Changes\n',
  'dist/index.js': '',
  'dist/index.js.map': '{"sources":["../src/index.ts"]}',
  'dist/index.d.ts': '',
  'src/index.ts': '',
}

function judge(files: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const manifest = {
    name: '@keyfold/kms-acme',
    version: '0.1.0',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  }
  const kept = Object.entries({ ...WHOLE, ...files }).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, new TextEncoder().encode(text)] as const],
  )
  return checkTarball({ root, folder: root, manifest, tarball: 'acme.tgz', files: new Map(kept) })
}

test('a tarball with everything passes', async () => {
  expect(await judge({})).toEqual([])
})

test.each<[string, Readonly<Record<string, string | undefined>>, RegExp]>([
  ['no licence', { LICENSE: undefined }, /^LICENSE is missing/],
  ['another licence', { LICENSE: 'All rights reserved' }, /^LICENSE expected the text of the repository/],
  ['a README that says nothing', { 'README.md': '# A package' }, /^README.md expected to say something/],
  [
    'a changelog of another version',
    { 'CHANGELOG.md': '# x\n\n## 0.0.9\n' },
    /^CHANGELOG.md expected a heading for 0.1.0/,
  ],
  ['no changelog', { 'CHANGELOG.md': undefined }, /^CHANGELOG.md expected a heading for 0.1.0/],
  ['no declarations', { 'dist/index.d.ts': undefined }, /^dist expected declarations/],
  ['no source map', { 'dist/index.js.map': undefined }, /^dist\/index.js has no source map/],
  ['no source of a map', { 'src/index.ts': undefined }, /which is not in the tarball/],
  ['a test', { 'src/index.test.ts': '' }, /^src\/index.test.ts does not belong there/],
])('%s is caught', async (_, files, message) => {
  expect((await judge(files)).join('\n')).toMatch(new RegExp(message.source, 'm'))
})
