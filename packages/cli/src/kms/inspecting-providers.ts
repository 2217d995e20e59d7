import { ConfigError } from '@keyfold/config'
import { isProviderError, type KmsProvider } from '@keyfold/kms-api'
import { listKmsProviders } from '@keyfold/kms-api/discovery'

import { CliError } from '../errors/cli-error.ts'
import { loadProvider } from './load-provider.ts'
import { providersBeside } from './providers-beside.ts'

/** The places in which {@link inspectingProviders} looks. */
export interface InspectingOptions {
  /** Providers that must load; others are left out if they fail to load. */
  readonly named: readonly string[]
  /** The real path of the configuration file, which was guarded. */
  readonly configPath: string | undefined
  /** Called for a provider that is left out because others may write it. */
  readonly onRejected: (error: ConfigError) => void
}

/**
 * Loads the providers that can read the KEK of an EDEK: those installed beside this package, those that `--provider` names, and those that the
 * application of `--config` depends on.
 *
 * @throws ProviderError or ConfigError for one that was named.
 */
export async function inspectingProviders({
  named,
  configPath,
  onRejected,
}: InspectingOptions): Promise<KmsProvider[]> {
  const found = new Map<string, KmsProvider>()
  const addWhereItLoads = async (name: string, from: string | undefined): Promise<void> => {
    if (found.has(name)) return
    try {
      found.set(name, await loadProvider(name, from))
    } catch (error) {
      // This provider was not requested, so the run ignores that it is broken.
      if (error instanceof ConfigError) onRejected(error)
      else if (!isProviderError(error)) throw error
    }
  }
  for (const name of named) found.set(name, await loadProvider(name, configPath))
  for (const name of await providersOf(configPath)) await addWhereItLoads(name, configPath)
  for (const name of await providersBeside()) await addWhereItLoads(name, undefined)
  return [...found.values()].filter((provider) => 'readEdek' in provider)
}

async function providersOf(configPath: string | undefined): Promise<string[]> {
  if (configPath === undefined) return []
  try {
    return await listKmsProviders({ from: configPath })
  } catch {
    // Node's message would quote the file.
    throw new CliError(
      'CLI_CONFIG',
      'the package.json of the application of "--config" expected JSON that can be read, got something else',
    )
  }
}
