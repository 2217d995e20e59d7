import { describe, expect, test } from 'vitest'

import type { Manifest } from '@keyfold/kit/manifest'

import { rule } from '../rules/package-shape.ts'
import { scratchWorkspace, type Files } from './scratch.ts'

const entry = (name: string): Readonly<Record<string, string>> => ({
  '@keyfold/source': `./src/${name}.ts`,
  types: `./dist/${name}.d.ts`,
  default: `./dist/${name}.js`,
})

const MANIFEST: Manifest = {
  name: '@keyfold/kms-acme',
  version: '0.0.0',
  description: 'A provider.',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.12' },
  exports: { '.': entry('index'), './kms-provider': entry('kms-provider'), './package.json': './package.json' },
  files: ['dist', 'src', 'CHANGELOG.md'],
  publishConfig: { access: 'public' },
  nx: { tags: ['type:provider'] },
  scripts: {
    build: 'tsup',
    typecheck: 'tsc -p tsconfig.json',
    lint: 'eslint .',
    test: 'vitest run',
    'pack-check': 'node ../../tools/checks/pack.ts',
  },
}
const FILES: Files = {
  'README.md': '#',
  LICENSE: 'x',
  'tsconfig.json': '{}',
  'tsup.config.ts': '',
  'vitest.config.ts': '',
  'src/index.ts': '',
  'test/index.test.ts': '',
}

const folder = (name: string, manifest: Manifest, files: Files = FILES): Files =>
  Object.fromEntries(
    [['package.json', manifest] as const, ...Object.entries(files)].map(([file, content]) => [
      `packages/${name}/${file}`,
      content,
    ]),
  )

const judge = (manifest: Manifest, files?: Files): unknown =>
  rule.workspace?.(scratchWorkspace(folder('kms-acme', manifest, files)))

test('the shape passes', () => {
  expect(judge(MANIFEST)).toEqual([])
  expect(judge({ ...MANIFEST, files: ['dist', 'src', 'schema', 'CHANGELOG.md'] })).toEqual([])
  expect(
    judge({
      ...MANIFEST,
      scripts: { ...MANIFEST.scripts, 'test:servers': 'vitest run --config vitest.servers.config.ts' },
    }),
  ).toEqual([])
})

describe('a package of another shape is caught', () => {
  test.each<[string, Partial<Manifest>, string]>([
    ['name', { name: '@keyfold/acme' }, '"name" expected @keyfold/kms-acme'],
    ['description', { description: '' }, '"description" expected a sentence'],
    ['licence', { license: 'MIT' }, '"license" expected "Apache-2.0"'],
    ['CommonJS', { type: 'commonjs' }, '"type" expected "module"'],
    ['side effects', { sideEffects: true }, '"sideEffects" expected false'],
    ['engines', { engines: { node: '>=20' } }, '"engines" expected'],
    ['files', { files: ['dist'] }, '"files" expected'],
    ['access', { publishConfig: {} }, '"publishConfig" expected'],
    ['scripts', { scripts: { ...MANIFEST.scripts, postinstall: 'x' } }, '"scripts" expected'],
    ['a missing script', { scripts: { build: 'tsup' } }, '"scripts" expected'],
    [
      'another command for tests with servers',
      { scripts: { ...MANIFEST.scripts, 'test:servers': 'x' } },
      '"scripts" expected',
    ],
    ['tag', { nx: { tags: [] } }, '"nx.tags" expected'],
    ['no package.json entry', { exports: { '.': entry('index') } }, 'expected the entry "./package.json"'],
    [
      'no provider entry',
      { exports: { '.': entry('index'), './package.json': './package.json' } },
      'expected the entry "./kms-provider"',
    ],
    [
      'order of conditions',
      {
        exports: {
          ...MANIFEST.exports,
          '.': { default: './dist/index.js', types: './dist/index.d.ts', '@keyfold/source': './src/index.ts' },
        },
      },
      'in this order',
    ],
    [
      'dist that does not mirror src',
      { exports: { ...MANIFEST.exports, '.': { ...entry('index'), default: './dist/main.js' } } },
      'expected dist to mirror src',
    ],
  ])('%s', (_, change, message) => {
    expect(judge({ ...MANIFEST, ...change })).toEqual(expect.arrayContaining([expect.stringContaining(message)]))
  })

  test.each(Object.keys(FILES))('without %s', (missing) => {
    const rest = Object.fromEntries(Object.entries(FILES).filter(([name]) => name !== missing))
    expect(judge(MANIFEST, rest)).toEqual([
      expect.stringMatching(missing.startsWith('test/') ? /has no test in test\// : `has no ${missing}`),
    ])
  })

  test('a tsconfig of its own', () => {
    const other = { ...MANIFEST, name: '@keyfold/kms-beta' }
    const workspace = scratchWorkspace({
      ...folder('kms-acme', MANIFEST),
      ...folder('kms-beta', other, { ...FILES, 'tsconfig.json': '{ }' }),
    })
    expect(rule.workspace?.(workspace)).toEqual(['packages/kms-beta has a tsconfig.json other than packages/kms-acme'])
  })
})
