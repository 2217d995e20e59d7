import { describe, expect, test } from 'vitest'

import { rule as declaredImports } from '../rules/declared-imports.ts'
import { rule as tarballContents } from '../rules/tarball-contents.ts'
import { rule as tarballDependencies } from '../rules/tarball-dependencies.ts'
import { manifestOf, scratchTarball, type Files } from './scratch.ts'

describe('declared-imports', () => {
  const judge = (text: string, file = 'dist/index.js'): unknown =>
    declaredImports.tarball?.(
      scratchTarball({ dependencies: { zod: '4.6.7' } }, { 'dist/zod.js': "import 'zod/v4'", [file]: text }),
    )

  test.each(["import 'node:fs'", "import './a.js'", "import '@keyfold/kms-acme/sub'"])('%s passes', (text) => {
    expect(judge(text)).toEqual([])
  })

  test.each(['dist/index.js', 'dist/index.d.ts'])('an undeclared import in %s is caught', (file) => {
    expect(judge("import { x } from 'yaml'", file)).toEqual([
      `${file}:1 imports "yaml", which package.json does not declare`,
    ])
  })

  test('a dependency that nothing imports is caught', () => {
    expect(
      declaredImports.tarball?.(scratchTarball({ dependencies: { zod: '4.6.7' } }, { 'dist/index.js': '' })),
    ).toEqual(['package.json declares "zod", which nothing in dist imports'])
  })
})

describe('tarball-contents', () => {
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }
  const WHOLE: Files = {
    LICENSE: 'x',
    'README.md': 'x',
    'dist/index.js': '',
    'dist/index.js.map': { sources: ['../src/index.ts'] },
    'dist/index.d.ts': '',
    'src/index.ts': '',
  }
  const judge = (files: Files): unknown =>
    tarballContents.tarball?.({
      ...scratchTarball({ exports, bin: { x: './dist/index.js' } }, files),
      folder: '/nowhere',
    })

  test('code, types, maps, sources, README and licence pass', () => {
    expect(judge(WHOLE)).toEqual([])
  })

  test.each(['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js', 'dist/index.js.map', 'src/index.ts'])(
    'a tarball without %s is caught',
    (missing) => {
      expect(judge(Object.fromEntries(Object.entries(WHOLE).filter(([name]) => name !== missing)))).not.toEqual([])
    },
  )

  test.each([
    'test/a.ts',
    'src/a.test.ts',
    'src/fixtures/a.ts',
    'tsconfig.json',
    'vitest.config.ts',
    '.env',
    'node_modules/x/index.js',
    'dist/x.tsbuildinfo',
  ])('a tarball with %s is caught', (name) => {
    expect(judge({ ...WHOLE, [name]: '' })).toEqual([`${name} does not belong there`])
  })

  test('an empty README is caught', () => {
    expect(judge({ ...WHOLE, 'README.md': '' })).toEqual(['README.md is empty'])
  })
})

describe('tarball-dependencies', () => {
  const judge = (
    name: string,
    tag: string,
    text: string,
    dependencies: Readonly<Record<string, string>> = {},
  ): unknown =>
    tarballDependencies.tarball?.(
      scratchTarball(manifestOf(name, tag, { dependencies, exports: { '.': { default: './dist/index.js' } } }), {
        'dist/index.js': text,
      }),
    )

  test.each([
    ['@keyfold/kms-acme', 'type:provider', "import '@keyfold/kms-api'; import 'acme-sdk'"],
    ['@keyfold/record-encryption', 'type:encryption', "import '@keyfold/kms-api/bytes'; import 'zod'"],
    ['@keyfold/cli', 'type:cli', "import '@keyfold/config'; import '@keyfold/record-encryption'"],
    ['@keyfold/kms-api', 'type:api', "import 'node:crypto'"],
  ])('%s, a %s, may %s', (name, tag, text) => {
    expect(judge(name, tag, text)).toEqual([])
  })

  test.each([
    ['@keyfold/kms-acme', 'type:provider', '@keyfold/record-encryption'],
    ['@keyfold/kms-acme', 'type:provider', '@keyfold/kms-inmemory'],
    ['@keyfold/record-encryption', 'type:encryption', '@keyfold/kms-aws'],
    ['@keyfold/record-encryption', 'type:encryption', 'kafkajs'],
    ['@keyfold/config', 'type:config', '@keyfold/cli'],
    ['@keyfold/cli', 'type:cli', '@keyfold/kms-vault'],
    ['@keyfold/kms-api', 'type:api', '@keyfold/record-encryption'],
    ['@keyfold/kms-api', 'type:api', 'zod'],
  ])('%s, a %s, is caught importing %s', (name, tag, other) => {
    expect(judge(name, tag, `import '${other}'`)).toContainEqual(expect.stringContaining(`imports "${other}"`))
  })

  test('what package.json declares counts, imported or not', () => {
    expect(judge('@keyfold/kms-acme', 'type:provider', '', { '@keyfold/kms-aws': '^1.0.0' })).toEqual([
      'package.json depends on "@keyfold/kms-aws"',
    ])
  })

  test('what the root entry of the contract loads through other files is caught, what other entries load is not', () => {
    const files = {
      'dist/index.js': "import './chunk.js'",
      'dist/chunk.js': "import 'zod'",
      'dist/kit.js': "import 'undici'",
    }
    const manifest = manifestOf('@keyfold/kms-api', 'type:api', { exports: { '.': { default: './dist/index.js' } } })
    expect(tarballDependencies.tarball?.(scratchTarball(manifest, files))).toEqual([
      'dist/chunk.js is loaded by the root entry and imports "zod"',
    ])
  })
})
