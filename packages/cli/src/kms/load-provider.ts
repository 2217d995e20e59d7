import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { isProviderError, type KmsProvider } from '@keyfold/kms-api'
import { loadKmsProvider } from '@keyfold/kms-api/discovery'

import { guardProvider } from './guard-provider.ts'

/** This file: packages beside the command are found from here. */
export const OWN_FILE = fileURLToPath(import.meta.url)

/**
 * Loads a provider: from the folder of the configuration file where there is one, else from this package's own installation. Never from the
 * working directory, and in both places nothing that others may write.
 *
 * @param configPath - the real path of the configuration file.
 * @throws ProviderError as `loadKmsProvider` does; of two that are not installed the first, which names the application's place.
 * @throws CliError `CLI_CONFIG` when others may write what was found.
 */
export async function loadProvider(name: string, configPath: string | undefined): Promise<KmsProvider> {
  if (configPath === undefined) return loadOwn(name)
  try {
    return await loadKmsProvider(name, { from: configPath, inspect: (found) => guardProvider(found) })
  } catch (error) {
    if (!isProviderError(error, 'PROVIDER_NOT_INSTALLED')) throw error
    return await loadOwn(name).catch((second: unknown) => {
      throw isProviderError(second, 'PROVIDER_NOT_INSTALLED') ? error : second
    })
  }
}

async function loadOwn(name: string): Promise<KmsProvider> {
  const { uid } = await stat(OWN_FILE)
  return loadKmsProvider(name, { from: OWN_FILE, inspect: (found) => guardProvider(found, uid) })
}
