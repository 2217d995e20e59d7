import { describe, expect, test } from 'vitest'

import { rule as r1 } from '../rules/r1-providers.ts'
import { rule as r2 } from '../rules/r2-record-encryption.ts'
import { rule as r3 } from '../rules/r3-kms-api.ts'
import { rule as r4 } from '../rules/r4-cli.ts'
import { rule as r4Config } from '../rules/r4-config.ts'
import { manifestOf, scratchTarball, scratchWorkspace } from './scratch.ts'

const cases = [
  {
    rule: r1,
    name: '@keyfold/kms-acme',
    tag: 'type:provider',
    allowed: '@keyfold/kms-api',
    forbidden: '@keyfold/kms-inmemory',
  },
  {
    rule: r1,
    name: '@keyfold/kms-acme',
    tag: 'type:provider',
    allowed: 'acme-sdk',
    forbidden: '@keyfold/record-encryption',
  },
  {
    rule: r2,
    name: '@keyfold/record-encryption',
    tag: 'type:encryption',
    allowed: '@keyfold/kms-api',
    forbidden: '@keyfold/kms-inmemory',
  },
  { rule: r2, name: '@keyfold/record-encryption', tag: 'type:encryption', allowed: 'zod', forbidden: 'kafkajs' },
  {
    rule: r4,
    name: '@keyfold/cli',
    tag: 'type:cli',
    allowed: '@keyfold/config',
    forbidden: '@keyfold/kms-inmemory',
  },
  {
    rule: r4Config,
    name: '@keyfold/config',
    tag: 'type:config',
    allowed: '@keyfold/record-encryption',
    forbidden: '@keyfold/kms-vault',
  },
] as const

describe.each(cases)('$rule.name: $name on $forbidden', ({ rule, name, tag, allowed, forbidden }) => {
  const folder = `packages/${name.slice('@keyfold/'.length)}`

  test('an allowed dependency passes, in sources and tarball', async () => {
    const manifest = manifestOf(name, tag, { dependencies: { [allowed]: '1.0.0' } })
    const source = `import { x } from '${allowed}'\nexport const y = x\n`
    expect(
      await rule.workspace?.(
        scratchWorkspace({ [`${folder}/package.json`]: manifest, [`${folder}/src/index.ts`]: source }),
      ),
    ).toEqual([])
    expect(await rule.tarball?.(scratchTarball(manifest, { 'dist/index.js': source }))).toEqual([])
  })

  test.each(['dependencies', 'optionalDependencies', 'peerDependencies'])(
    'a forbidden one in %s is caught',
    async (field) => {
      const manifest = manifestOf(name, tag, { [field]: { [forbidden]: '1.0.0' } })
      expect(await rule.workspace?.(scratchWorkspace({ [`${folder}/package.json`]: manifest }))).toEqual([
        `${folder}/package.json depends on "${forbidden}"`,
      ])
      expect(await rule.tarball?.(scratchTarball(manifest))).toEqual([`package.json depends on "${forbidden}"`])
    },
  )

  test.each([
    ['an import', `import { x } from '${forbidden}/sub'`],
    ['an import of types', `import type { X } from '${forbidden}/sub'`],
    ['a re-export', `export { x } from '${forbidden}/sub'`],
    ['a literal import()', `const x = await import('${forbidden}/sub')`],
    ['a require', `const x = require('${forbidden}/sub')`],
  ])('%s of a forbidden one is caught', async (_, source) => {
    const manifest = manifestOf(name, tag)
    const workspace = scratchWorkspace({ [`${folder}/package.json`]: manifest, [`${folder}/src/a/b.ts`]: source })
    expect(await rule.workspace?.(workspace)).toEqual([`${folder}/src/a/b.ts:1 imports "${forbidden}/sub"`])
    expect(
      await rule.tarball?.(
        scratchTarball(manifest, { 'dist/chunk.js': `\n${source.replace('import type', 'import')}` }),
      ),
    ).toEqual([`dist/chunk.js:2 imports "${forbidden}/sub"`])
  })

  test('a relative import that leaves the package is caught', async () => {
    const workspace = scratchWorkspace({
      [`${folder}/package.json`]: manifestOf(name, tag),
      [`${folder}/src/a.ts`]: "import '../../other/src/index.ts'",
    })
    expect(await rule.workspace?.(workspace)).toEqual([
      `${folder}/src/a.ts:1 leaves its package: "../../other/src/index.ts"`,
    ])
  })
})

test('R1: a provider may use the test support of ours while it is developed, and nothing else', async () => {
  const check = (name: string): unknown =>
    r1.workspace?.(
      scratchWorkspace({
        'packages/kms-acme/package.json': manifestOf('@keyfold/kms-acme', 'type:provider', {
          devDependencies: { [name]: '^0.0.0' },
        }),
      }),
    )
  expect(await check('@keyfold/kms-test-support')).toEqual([])
  expect(await check('@keyfold/record-encryption')).toEqual([
    'packages/kms-acme/package.json depends on "@keyfold/record-encryption"',
  ])
})

describe('R3', () => {
  const exports = {
    '.': { '@keyfold/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
  }
  const manifest = manifestOf('@keyfold/kms-api', 'type:api', { exports, dependencies: { zod: '4.6.7' } })

  test('a runtime dependency behind a sub-entry passes', async () => {
    const files = {
      'kit.ts': "import { z } from 'zod'\nexport { z }",
      'index.ts': "import type { z } from 'zod'\nimport 'node:crypto'\nexport type Z = z",
    }
    const workspace = scratchWorkspace({
      'packages/kms-api/package.json': manifest,
      'packages/kms-api/src/kit.ts': files['kit.ts'],
      'packages/kms-api/src/index.ts': files['index.ts'],
    })
    expect(await r3.workspace?.(workspace)).toEqual([])
  })

  test('one that the root entry loads through another file is caught, in sources and tarball', async () => {
    const workspace = scratchWorkspace({
      'packages/kms-api/package.json': manifest,
      'packages/kms-api/src/index.ts': "export { a } from './deep/a.ts'",
      'packages/kms-api/src/deep/a.ts': "import { z } from 'zod'\nexport const a = z",
    })
    expect(await r3.workspace?.(workspace)).toEqual([
      'packages/kms-api/src/deep/a.ts is loaded by the root entry and imports "zod"',
    ])
    const tarball = scratchTarball(manifest, {
      'dist/index.js': "import './chunk.js'",
      'dist/chunk.js': "import 'zod'",
    })
    expect(await r3.tarball?.(tarball)).toEqual(['dist/chunk.js is loaded by the root entry and imports "zod"'])
  })

  test('a dependency on a package of ours is caught', async () => {
    const bad = { ...manifest, dependencies: { '@keyfold/kms-inmemory': '^0.0.0' } }
    expect(await r3.tarball?.(scratchTarball(bad, { 'dist/index.js': '' }))).toEqual([
      'package.json depends on "@keyfold/kms-inmemory"',
    ])
  })
})
