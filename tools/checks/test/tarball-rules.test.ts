import { describe, expect, test } from 'vitest'

import { rule as declaredImports } from '../rules/declared-imports.ts'
import { rule as tarballContents } from '../rules/tarball-contents.ts'
import { scratchTarball, type Files } from './scratch.ts'

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
