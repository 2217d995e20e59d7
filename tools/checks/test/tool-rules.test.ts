import path from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Manifest } from '@keyfold/kit/manifest'
import { withPackedPackage, type PackedPackage } from '@keyfold/kit/packed-package'

import { rule as assignableCopies } from '../rules/assignable-copies.ts'
import { rule as attw } from '../rules/attw.ts'
import { rule as knip } from '../rules/knip.ts'
import { rule as publint } from '../rules/publint.ts'
import { repository, scratchFolder, scratchWorkspace, type Files } from './scratch.ts'

const MANIFEST: Manifest = {
  name: '@keyfold/kms-api',
  version: '0.0.0',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.12' },
  files: ['dist'],
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
}
const FILES: Files = {
  'dist/index.js': 'export const one = 1\n',
  'dist/index.d.ts': 'export declare const one: 1\nexport interface Kek { readonly id: string }\n',
}

/** Really packed, by npm. */
const packed = <T>(manifest: Manifest, files: Files, use: (packed: PackedPackage) => Promise<T>): Promise<T> =>
  withPackedPackage(repository, scratchFolder({ 'package.json': manifest, ...files }), use)

test('a packed package is read back as npm wrote it, long names included', async () => {
  const long = `dist/${'folder-with-a-long-name/'.repeat(9)}index.js`
  const names = await packed(MANIFEST, { ...FILES, [long]: 'export {}' }, async ({ files }) => [...files.keys()].sort())
  expect(names).toEqual(['dist/index.d.ts', 'dist/index.js', long, 'package.json'].sort())
})

describe('publint', () => {
  test('a sound package passes', async () => {
    expect(await packed(MANIFEST, FILES, async (each) => publint.tarball?.(each) ?? ['not judged'])).toEqual([])
  })

  test('an entry without its file is caught', async () => {
    const found = await packed(
      { ...MANIFEST, exports: { '.': './dist/nowhere.js' } },
      FILES,
      async (each) => publint.tarball?.(each) ?? [],
    )
    expect(found).toEqual([expect.stringContaining('nowhere.js')])
  })
})

describe('attw', () => {
  test('a sound package passes', async () => {
    expect(await packed(MANIFEST, FILES, async (each) => attw.tarball?.(each) ?? ['not judged'])).toEqual([])
  })

  test('an entry without types is caught', async () => {
    const found = await packed(
      { ...MANIFEST, exports: { '.': './dist/plain.js' } },
      { ...FILES, 'dist/plain.js': 'export const two = 2' },
      async (each) => attw.tarball?.(each) ?? [],
    )
    expect(found).toEqual([expect.stringMatching(/untyped|no types/i)])
  })
})

describe('knip', () => {
  const root = { name: 'scratch', private: true, version: '0.0.0', type: 'module' }
  const judge = async (files: Files): Promise<readonly string[]> =>
    (await knip.workspace?.(
      scratchWorkspace({ 'knip.json': { entry: ['index.js'], project: ['*.js'] }, 'package.json': root, ...files }),
    )) ?? ['not judged']

  test('used code passes', async () => {
    expect(await judge({ 'index.js': "import { a } from './a.js'\na()", 'a.js': 'export const a = () => 1' })).toEqual(
      [],
    )
  })

  test.each<[string, Files, string]>([
    ['an unused file', { 'index.js': '', 'lonely.js': 'export {}' }, 'lonely.js'],
    [
      'an unused export',
      { 'index.js': "import { a } from './a.js'\na()", 'a.js': 'export const a = () => 1\nexport const unwanted = 2' },
      'unwanted',
    ],
    ['an unused dependency', { 'package.json': { ...root, dependencies: { zod: '4.6.7' } }, 'index.js': '' }, 'zod'],
    ['an undeclared dependency', { 'index.js': "import 'left-out'" }, 'left-out'],
  ])('%s is caught', async (_, files, name) => {
    expect(await judge(files)).toEqual(expect.arrayContaining([expect.stringContaining(name)]))
  })
})

describe('assignable-copies', () => {
  const judge = async (declarations: string): Promise<readonly string[]> => {
    const workspace = scratchWorkspace({
      'packages/kms-api/package.json': MANIFEST,
      'packages/kms-api/dist/index.js': '',
      'packages/kms-api/dist/index.d.ts': declarations,
    })
    return (await assignableCopies.workspace?.(workspace)) ?? ['not judged']
  }

  test('interfaces, optional brands, generic types and classes without private fields pass', async () => {
    const declarations = `export interface Kek { readonly id: string }
export type Edek = Uint8Array & { readonly '~keyfold'?: 'Edek' }
export interface Provider<C extends object> { create(config: C): Kek }
export declare class KmsError extends Error { readonly code: string }
`
    expect(await judge(declarations)).toEqual([])
  })

  test('a #private field, a brand by a unique symbol, and what mentions them are caught, with and without skipLibCheck', async () => {
    const declarations = `declare const brand: unique symbol
export type Branded = Uint8Array & { readonly [brand]: true }
export declare class Private { #private; destroy(): void }
declare class Hidden { #private }
export interface Mentions { readonly dek: Hidden }
export interface Kek { readonly id: string }
`
    const found = await judge(declarations)
    for (const name of ['Branded', 'Private', 'Mentions']) {
      for (const skip of [true, false])
        expect(found).toContainEqual(expect.stringMatching(new RegExp(`^skipLibCheck ${skip}: .*: Second\\.${name} =`)))
    }
    expect(found.join()).not.toContain('Second.Kek')
  })

  test('declarations that do not compile are caught without skipLibCheck', async () => {
    expect(await judge('export interface Kek { readonly id: Nowhere }')).toContainEqual(
      expect.stringMatching(/^skipLibCheck false: index\.d\.ts:1 Cannot find name 'Nowhere'/),
    )
  })

  test('a package without types is caught', async () => {
    expect(await judge('export {}')).toEqual(['entry "." expected to export types'])
  })

  test('a repository without kms-api is caught', async () => {
    expect(await assignableCopies.workspace?.(scratchWorkspace({}))).toEqual(['@keyfold/kms-api is missing'])
  })
})

test('a program that is not installed is named, not skipped', async () => {
  const nowhere = path.join(scratchFolder({}), 'nowhere')
  await expect(
    packed(MANIFEST, FILES, async (each) => publint.tarball?.({ ...each, root: nowhere }) ?? []),
  ).rejects.toThrow('"publint" is not in node_modules/.bin')
})
