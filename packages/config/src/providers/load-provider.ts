import { stat } from 'node:fs/promises'

import { isProviderError, type KmsProvider } from '@keyfold/kms-api'
import { loadKmsProvider } from '@keyfold/kms-api/discovery'

import { guardProvider } from '../trust/guard-provider.ts'

/** The places in which {@link loadProvider} looks. */
export interface LoadProviderOptions {
  /** The real path of the configuration file, which was guarded: its folder comes first. */
  readonly configPath?: string | undefined
  /** An absolute path of a file of the trusted installation, whose `node_modules` come second. */
  readonly beside: string
}

/**
 * Loads a provider: from the folder of the configuration file if it has one, otherwise from the installation of `beside`. Never from the
 * working directory, and never code that others may write.
 *
 * @throws {@link ProviderError} as `loadKmsProvider` does; of two that are not installed the first, which names the application's place.
 * @throws {@link ConfigError} `CONFIG_UNTRUSTED` when others may write what was found.
 */
export async function loadProvider(name: string, { configPath, beside }: LoadProviderOptions): Promise<KmsProvider> {
  if (configPath === undefined) return loadBeside(name, beside)
  try {
    return await loadKmsProvider(name, { from: configPath, inspect: (found) => guardProvider(found) })
  } catch (error) {
    if (!isProviderError(error, 'PROVIDER_NOT_INSTALLED')) throw error
    return await loadBeside(name, beside).catch((second: unknown) => {
      throw isProviderError(second, 'PROVIDER_NOT_INSTALLED') ? error : second
    })
  }
}

async function loadBeside(name: string, beside: string): Promise<KmsProvider> {
  // The owner of the running file could have changed it as well.
  const stats = await stat(beside).catch(() => undefined)
  return loadKmsProvider(name, { from: beside, inspect: (found) => guardProvider(found, stats?.uid) })
}
