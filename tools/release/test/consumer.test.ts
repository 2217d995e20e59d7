import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { installedPackages } from '@keyfold/kit/dependency-rules'
import { optionalPeersOf } from '@keyfold/kit/manifest'

import { checkTypes, typesOfEntries } from '../src/consumer/check-types.ts'
import { withEmptyProject, type EmptyProject } from '../src/consumer/empty-project.ts'
import { entriesOf } from '../src/consumer/entry.ts'
import { loadEntries } from '../src/consumer/load-entries.ts'
import { sizeOf } from '../src/consumer/size-of.ts'

const NOWHERE = { url: 'http://127.0.0.1:1/', env: {} }
const root = path.resolve(import.meta.dirname, '../../..')

/** Puts a package into a project by hand. */
function put(project: EmptyProject, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(project.folder, 'node_modules', 'acme', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const MANIFEST = JSON.stringify({
  name: 'acme',
  version: '1.0.0',
  type: 'module',
  exports: {
    '.': { types: './index.d.ts', default: './index.js' },
    './broken': { types: './broken.d.ts', default: './broken.js' },
  },
})
const ACME = {
  'package.json': MANIFEST,
  'index.js': 'export const a = 1\nexport default 2\n',
  'index.d.ts': 'export declare const a: number\n',
  'broken.js': "import 'nobody'\n",
  'broken.d.ts': "export type { Gone } from 'nobody'\n",
}

test.each(['import', 'require'] as const)(
  '%s tells the names of exports, and the message of what cannot be loaded',
  async (loader) => {
    await withEmptyProject(NOWHERE, async (project) => {
      put(project, ACME)
      const loaded = await loadEntries(project, process.execPath, loader, ['acme', 'acme/broken'])
      expect(loaded.get('acme')).toEqual({ names: ['a', 'default'] })
      expect(loaded.get('acme/broken')).toEqual({
        error: expect.stringContaining("Cannot find package 'nobody'") as string,
      })
    })
  },
)

test('types are compiled from ESM and CommonJS; what skipLibCheck hides is found without it', async () => {
  await withEmptyProject(NOWHERE, async (project) => {
    put(project, ACME)
    expect(await checkTypes(project, root, await typesOfEntries(project, ['acme']))).toEqual([])
    const errors = await checkTypes(project, root, await typesOfEntries(project, ['acme/broken', 'acme/gone']))
    expect(errors.filter((line) => line.startsWith('skipLibCheck true')).sort()).toEqual([
      expect.stringContaining("types-of-entries.cts:3 Cannot find module 'acme/gone'"),
      expect.stringContaining("types-of-entries.mts:3 Cannot find module 'acme/gone'"),
    ])
    expect(errors.join('\n')).toContain("skipLibCheck false: broken.d.ts:1 Cannot find module 'nobody'")
  })
})

test('the size of a folder is that of its files, links not followed', async () => {
  await withEmptyProject(NOWHERE, async (project) => {
    put(project, { 'a.js': '12345', 'deep/b.js': '123' })
    expect(await sizeOf(path.join(project.folder, 'node_modules'))).toBe(8)
  })
})

test('entries are what is code, and only peers marked as optional may be missing', () => {
  const manifest = {
    name: '@x/y',
    version: '1.0.0',
    exports: { '.': './a.js', './deep/b': './b.js', './package.json': './package.json' },
    peerDependencies: { vitest: '>=3', kafkajs: '2' },
    peerDependenciesMeta: { vitest: { optional: true } },
  }
  expect(entriesOf(manifest)).toEqual(['@x/y', '@x/y/deep/b'])
  expect(optionalPeersOf(manifest)).toEqual(['vitest'])
})

test('a provider brings the contract and nothing else of ours; a package of no known kind is an error', () => {
  expect(
    installedPackages({
      name: '@keyfold/kms-acme',
      version: '1.0.0',
      dependencies: { '@keyfold/kms-api': '^1.0.0' },
      nx: { tags: ['type:provider'] },
    }),
  ).toEqual(['@keyfold/kms-acme', '@keyfold/kms-api'])
  expect(() => installedPackages({ name: 'x', version: '1.0.0' })).toThrow('"nx.tags" of x expected one of')
})
