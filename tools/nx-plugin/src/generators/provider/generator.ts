import path from 'node:path'

import { generateFiles, installPackagesTask, readJson, type Tree } from '@nx/devkit'
import { format, resolveConfig } from 'prettier'

import { nextSteps } from './next-steps.ts'
import { providerNames } from './provider-names.ts'

/** Options of the generator, as schema.json describes them. */
export interface ProviderOptions {
  readonly name: string
  readonly title?: string | undefined
  readonly skipInstall?: boolean | undefined
}

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const API = 'packages/kms-api'
const SUPPORT = 'packages/kms-test-support'
/** The same in every package, to the letter: taken from one that has them. */
const SHARED = ['tsconfig.json', 'vitest.config.ts', 'LICENSE']

/**
 * Makes the package of a new provider, with a changeset. What only its author knows is left to write and says so when it is reached.
 *
 * @returns what Nx runs when the files are written.
 * @throws Error when the name is taken, or is none.
 */
export default async function provider(tree: Tree, options: ProviderOptions): Promise<() => void> {
  const names = providerNames(options.name, options.title)
  if (tree.exists(`${names.folder}/package.json`))
    throw new Error(`"name" expected one that is not taken, got ${JSON.stringify(names.name)}: ${names.folder} exists`)
  const api = readJson<Manifest>(tree, `${API}/package.json`)
  const support = readJson<Manifest>(tree, `${SUPPORT}/package.json`)
  const zod = api.dependencies?.['zod']
  if (zod === undefined)
    throw new Error(`"dependencies.zod" expected in ${API}/package.json, whose version a provider shares`)
  generateFiles(tree, path.join(import.meta.dirname, 'files', 'package'), names.folder, {
    ...names,
    apiVersion: api.version,
    supportVersion: support.version,
    zodVersion: zod,
  })
  generateFiles(tree, path.join(import.meta.dirname, 'files', 'changeset'), '.changeset', names)
  for (const file of SHARED) {
    const text = tree.read(`${API}/${file}`)
    if (text === null) throw new Error(`${API}/${file} expected: every package has the same`)
    tree.write(`${names.folder}/${file}`, text)
  }
  await formatSources(tree, names.folder)
  return () => {
    if (options.skipInstall !== true) installPackagesTask(tree, true)
    console.log(nextSteps(names, options.skipInstall === true))
  }
}

/** Formats by the settings of this repository: names of other lengths break the lines of a template elsewhere. */
async function formatSources(tree: Tree, folder: string): Promise<void> {
  const options = await resolveConfig(import.meta.filename)
  const sources = tree
    .listChanges()
    .filter((change) => change.path.startsWith(`${folder}/`) && change.path.endsWith('.ts'))
  for (const { path: filepath, content } of sources)
    tree.write(filepath, await format(content?.toString('utf8') ?? '', { ...options, filepath }))
}
