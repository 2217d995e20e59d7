import { readFileSync } from 'node:fs'
import path from 'node:path'

import type { Tree } from '@nx/devkit'
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing'
import { check, resolveConfig } from 'prettier'
import { beforeEach, describe, expect, test } from 'vitest'

import provider from '../src/generators/provider/generator.ts'
import { nextSteps } from '../src/generators/provider/next-steps.ts'
import { providerNames } from '../src/generators/provider/provider-names.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
/** A package that was there before the generator. */
const PATTERN = 'packages/kms-inmemory'

let tree: Tree

/** What the generator wrote: files by path. */
function written(): ReadonlyMap<string, string> {
  return new Map(
    tree
      .listChanges()
      .filter(({ type }) => type !== 'DELETE')
      .map(({ path: file, content }) => [file, content?.toString('utf8') ?? '']),
  )
}

beforeEach(() => {
  tree = workspace()
})

/** A workspace with what the generator reads. */
function workspace(): Tree {
  const empty = createTreeWithEmptyWorkspace()
  for (const file of ['package.json', 'tsconfig.json', 'vitest.config.ts', 'LICENSE'])
    empty.write(`packages/kms-api/${file}`, read(`packages/kms-api/${file}`))
  empty.write('packages/kms-test-support/package.json', '{ "version": "0.4.2" }')
  return empty
}

describe('a new provider', () => {
  beforeEach(async () => {
    await provider(tree, { name: 'acme-cloud', title: 'Acme Cloud Keys', skipInstall: true })
  })

  test('has the manifest that other providers have, with the versions that the repository has', () => {
    const manifest = JSON.parse(tree.read('packages/kms-acme-cloud/package.json', 'utf8') ?? '') as Record<
      string,
      object
    >
    const pattern = JSON.parse(read(`${PATTERN}/package.json`)) as Record<string, object>
    const api = JSON.parse(read('packages/kms-api/package.json')) as {
      version: string
      dependencies: Record<string, string>
    }
    for (const field of [
      'license',
      'type',
      'sideEffects',
      'engines',
      'exports',
      'files',
      'publishConfig',
      'nx',
      'scripts',
    ])
      expect(manifest[field], field).toEqual(pattern[field])
    expect(manifest).toMatchObject({
      name: '@keyfold/kms-acme-cloud',
      dependencies: { '@keyfold/kms-api': `^${api.version}`, zod: api.dependencies['zod'] },
      devDependencies: { '@keyfold/kms-test-support': '^0.4.2' },
    })
  })

  test('has the settings and the licence of the others, to the letter', () => {
    for (const file of ['tsconfig.json', 'vitest.config.ts', 'tsup.config.ts', 'LICENSE'])
      expect(tree.read(`packages/kms-acme-cloud/${file}`, 'utf8'), file).toBe(read(`${PATTERN}/${file}`))
  })

  test('has a README with the ten headings, in order', () => {
    const headings = (tree.read('packages/kms-acme-cloud/README.md', 'utf8') ?? '')
      .split('\n')
      .filter((line) => line.startsWith('## '))
    expect(headings).toEqual(
      read(`${PATTERN}/README.md`)
        .split('\n')
        .filter((line) => line.startsWith('## ')),
    )
    expect(headings).toHaveLength(10)
  })

  test('comes with a changeset', () => {
    expect(tree.read('.changeset/first-kms-acme-cloud.md', 'utf8')).toBe(
      '---\n"@keyfold/kms-acme-cloud": minor\n---\n\nAcme Cloud Keys as a provider of key encryption keys.\n',
    )
  })

  test('runs the conformance suite on a facade of its own', () => {
    expect(tree.read('packages/kms-acme-cloud/test/conformance.test.ts', 'utf8')).toContain(
      'describeKmsProvider(acmeCloudFacade())',
    )
  })

  test('leaves no mark of a template behind, in names or in texts', () => {
    const files = written()
    const own = [...files].filter(([file]) => file.startsWith('packages/kms-acme-cloud/'))
    expect(own.length).toBeGreaterThan(20)
    for (const [file, text] of own) {
      expect(file).not.toMatch(/__|\.template$/)
      expect(text, file).not.toMatch(/<%|%>|undefinedKms|className/)
    }
  })

  test('has lines of at most 140 characters, and files that end with a newline', () => {
    const sources = [...written()].filter(([file]) => /kms-acme-cloud\/(?:src|test)\//.test(file))
    expect(sources.filter(([, text]) => !text.endsWith('\n')).map(([file]) => file)).toEqual([])
    expect(
      sources.flatMap(([file, text]) =>
        text
          .split('\n')
          .filter((line) => line.length > 140)
          .map((line) => `${file}: ${line}`),
      ),
    ).toEqual([])
  })

  test.each(['x', 'a-rather-long-name-of-a-cloud'])('%s is formatted as the repository is', async (name) => {
    tree = workspace()
    await provider(tree, { name, skipInstall: true })
    const options = await resolveConfig(import.meta.filename)
    expect(options).toMatchObject({ semi: false })
    const sources = [...written()].filter(([file]) => file.startsWith(`packages/kms-${name}/`) && file.endsWith('.ts'))
    expect(sources.length).toBeGreaterThan(15)
    for (const [filepath, text] of sources) expect(await check(text, { ...options, filepath }), filepath).toBe(true)
  })

  test('is not made twice', async () => {
    await expect(provider(tree, { name: 'acme-cloud' })).rejects.toThrow(
      '"name" expected one that is not taken, got "acme-cloud": packages/kms-acme-cloud exists',
    )
  })
})

test.each([
  ['Acme', 'lower-case letters'],
  ['', 'lower-case letters'],
  ['9acme', 'lower-case letters'],
  ['acme_cloud', 'lower-case letters'],
  ['acme--cloud', 'lower-case letters'],
  ['../acme', 'lower-case letters'],
  ['@acme/kms', 'lower-case letters'],
  ['kms-acme', 'a name without "kms-"'],
])('the name %j is refused with what was expected, and nothing is written', async (name, message) => {
  const before = tree.listChanges().length
  await expect(provider(tree, { name })).rejects.toThrow(`"name" expected ${message}`)
  expect(tree.listChanges()).toHaveLength(before)
})

test('a repository without the contract is refused', async () => {
  tree.delete('packages/kms-api/LICENSE')
  await expect(provider(tree, { name: 'acme', skipInstall: true })).rejects.toThrow('packages/kms-api/LICENSE expected')
})

test('a title is made of the name where none is given', () => {
  expect(providerNames('acme-cloud')).toMatchObject({ className: 'AcmeCloud', title: 'Acme Cloud' })
})

test('the author is told what to write first', () => {
  expect(nextSteps(providerNames('acme'), true)).toMatch(
    /packages\/kms-acme is there[^]*src\/requests\/[^]*test\/acme-facade\.ts[^]*npm install[^]*npx vitest/,
  )
  expect(nextSteps(providerNames('acme'), false)).not.toContain('npm install')
})
