import { existsSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { conditionsOf, type Manifest } from '@keyfold/kit/manifest'
import { filesOf, type Workspace, type WorkspacePackage } from '@keyfold/kit/workspace'

import type { Rule } from '../lib/rule.ts'

const FIELDS: Readonly<Record<string, unknown>> = {
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.12' },
  publishConfig: { access: 'public' },
}
const SCRIPTS = {
  build: 'tsup',
  typecheck: 'tsc -p tsconfig.json',
  lint: 'eslint .',
  test: 'vitest run',
  'pack-check': 'node ../../tools/checks/pack.ts',
}
/** Scripts that only some packages have. */
const MORE_SCRIPTS = { 'test:servers': 'vitest run --config vitest.servers.config.ts' }
const PUBLISHED = ['dist', 'src', 'CHANGELOG.md']
const TAGS = new Set(['type:api', 'type:provider', 'type:encryption', 'type:config', 'type:cli', 'type:test-support'])
const CONDITIONS = ['@keyfold/source', 'types', 'default']
const FILES = ['README.md', 'LICENSE', 'tsconfig.json', 'tsup.config.ts', 'vitest.config.ts', 'src/index.ts']
/** The same in each, to the letter. */
const EQUAL = ['tsconfig.json', 'vitest.config.ts']

export const rule: Rule = {
  name: 'package-shape',
  reads: 'code',
  promise: 'every publishable package has the same shape: fields, scripts, entries, files, a test for its sources',
  workspace: (workspace) =>
    workspace.published.flatMap((each) => shape(workspace, each).map((line) => `${each.folder} ${line}`)),
}

function shape(workspace: Workspace, each: WorkspacePackage): readonly string[] {
  const { folder, manifest } = each
  const tags = manifest.nx?.tags ?? []
  const [first] = workspace.published
  const text = (owner: string, name: string): string | undefined =>
    workspace.files(/./).find((file) => file.path === `${owner}/${name}`)?.text
  return [
    ...(manifest.name === `@keyfold/${path.basename(folder)}`
      ? []
      : [`"name" expected @keyfold/${path.basename(folder)}, got ${manifest.name}`]),
    ...(typeof manifest['description'] === 'string' && manifest['description'] !== ''
      ? []
      : ['"description" expected a sentence']),
    ...Object.entries(FIELDS)
      .filter(([field, value]) => !isDeepStrictEqual(manifest[field], value))
      .map(([field, value]) => `"${field}" expected ${JSON.stringify(value)}, got ${JSON.stringify(manifest[field])}`),
    ...(isDeepStrictEqual({ ...MORE_SCRIPTS, ...manifest.scripts }, { ...MORE_SCRIPTS, ...SCRIPTS })
      ? []
      : [`"scripts" expected ${JSON.stringify(SCRIPTS)}, got ${JSON.stringify(manifest.scripts)}`]),
    ...(isDeepStrictEqual(published(manifest), PUBLISHED)
      ? []
      : [`"files" expected ${PUBLISHED.join(', ')}, and at most schema beside them`]),
    ...(tags.length === 1 && TAGS.has(tags[0] ?? '')
      ? []
      : [`"nx.tags" expected one of ${[...TAGS].join(', ')}, got ${JSON.stringify(tags)}`]),
    ...entries(manifest.exports ?? {}),
    ...(tags.includes('type:provider') && manifest.exports?.['./kms-provider'] === undefined
      ? ['is a provider and expected the entry "./kms-provider"']
      : []),
    ...FILES.filter((name) => !existsSync(path.join(workspace.root, folder, name))).map((name) => `has no ${name}`),
    ...EQUAL.filter((name) => first !== undefined && text(folder, name) !== text(first.folder, name)).map(
      (name) => `has a ${name} other than ${first?.folder}`,
    ),
    ...(filesOf(workspace, each, /^test\/.*\.test\.ts$/).length > 0 ? [] : ['has no test in test/']),
  ]
}

function published(manifest: Manifest): readonly string[] {
  return ((manifest['files'] ?? []) as readonly string[]).filter((name) => name !== 'schema')
}

function entries(exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>): readonly string[] {
  if (!isDeepStrictEqual(exports['./package.json'], './package.json')) return ['expected the entry "./package.json"']
  return Object.entries(exports)
    .filter(([name]) => !/\.json$/.test(name))
    .flatMap(([name, entry]) => {
      const conditions = conditionsOf(entry)
      if (!isDeepStrictEqual(Object.keys(conditions), CONDITIONS))
        return [`entry "${name}" expected the conditions ${CONDITIONS.join(', ')}, in this order`]
      const built = (conditions['@keyfold/source'] ?? '').replace(/^\.\/src\//, './dist/')
      const same =
        conditions['types'] === built.replace(/\.ts$/, '.d.ts') &&
        conditions['default'] === built.replace(/\.ts$/, '.js')
      return same ? [] : [`entry "${name}" expected dist to mirror src, got ${JSON.stringify(conditions)}`]
    })
}
