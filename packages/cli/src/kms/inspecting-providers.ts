import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { isProviderError, type KmsProvider } from '@keyfold/kms-api'
import { listKmsProviders } from '@keyfold/kms-api/discovery'

import { loadProvider, OWN_INSTALLATION } from './load-provider.ts'

const SCOPE = '@keyfold'
const PROVIDER = /^kms-([a-z][a-z0-9-]*)$/
/** Packages of the same naming that are no providers. */
const NOT_PROVIDERS: ReadonlySet<string> = new Set(['api', 'test-support'])

/**
 * Loads the providers that can say which KEK an EDEK names: those installed beside this package, those that `--provider` names, and those that the
 * application of `--config` depends on.
 *
 * @param named - must load; the others are left out when they do not.
 * @param configPath - the real path of the configuration file, which was guarded.
 * @throws ProviderError for one that was named.
 */
export async function inspectingProviders(named: readonly string[], configPath: string | undefined): Promise<KmsProvider[]> {
  const found = new Map<string, KmsProvider>()
  for (const name of named) found.set(name, await loadProvider(name, configPath))
  const ofConfig = configPath === undefined ? [] : await listKmsProviders({ from: configPath })
  for (const name of ofConfig) await addWhereItLoads(found, name, configPath)
  for (const name of await providersBeside()) await addWhereItLoads(found, name, undefined)
  return [...found.values()].filter((provider) => 'readEdek' in provider)
}

async function addWhereItLoads(found: Map<string, KmsProvider>, name: string, configPath: string | undefined): Promise<void> {
  if (found.has(name)) return
  try {
    found.set(name, await loadProvider(name, configPath))
  } catch (error) {
    // Nobody asked for this one: that it is broken is not this run's business.
    if (!isProviderError(error)) throw error
  }
}

async function providersBeside(): Promise<string[]> {
  const names = new Set<string>()
  for (const folder of createRequire(OWN_INSTALLATION).resolve.paths(`${SCOPE}/kms-api`) ?? []) {
    for (const entry of await readdir(join(folder, SCOPE)).catch(() => [])) {
      const name = PROVIDER.exec(entry)?.[1]
      if (name !== undefined && !NOT_PROVIDERS.has(name)) names.add(name)
    }
  }
  return [...names].sort()
}
