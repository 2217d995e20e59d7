import { fileURLToPath } from 'node:url'

import { loadProvider as load } from '@keyfold/config/tooling'
import type { KmsProvider } from '@keyfold/kms-api'

/** This file: packages beside the command are found from here. */
export const OWN_FILE = fileURLToPath(import.meta.url)

/**
 * Loads a provider: from the folder of the configuration file if it has one, otherwise from this package's own installation.
 *
 * @param configPath - the real path of the configuration file.
 * @throws ProviderError, and ConfigError when others may write what was found.
 */
export function loadProvider(name: string, configPath: string | undefined): Promise<KmsProvider> {
  return load(name, { configPath, beside: OWN_FILE })
}
