import { statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { isProviderError, type KmsProvider } from '@keyfold/kms-api'
import { loadKmsProvider } from '@keyfold/kms-api/discovery'

import { guardPackageFolder } from '../config/guard-file.ts'

/** Where the packages beside this one are found. */
export const OWN_INSTALLATION = import.meta.url

/**
 * Loads a provider: from the folder of the configuration file where there is one, else from this package's own installation. Never from the
 * working directory.
 *
 * @param configPath - the real path of the configuration file.
 * @throws ProviderError as `loadKmsProvider` does; of two that are not installed the first, which names the application's place.
 * @throws CliError `CLI_CONFIG` when others may write the package's folder.
 */
export async function loadProvider(name: string, configPath: string | undefined): Promise<KmsProvider> {
  if (configPath === undefined) return loadKmsProvider(name, { from: OWN_INSTALLATION })
  await guardPackage(name, configPath)
  try {
    return await loadKmsProvider(name, { from: configPath })
  } catch (error) {
    if (!isProviderError(error, 'PROVIDER_NOT_INSTALLED')) throw error
    return await loadKmsProvider(name, { from: OWN_INSTALLATION }).catch((second: unknown) => {
      throw isProviderError(second, 'PROVIDER_NOT_INSTALLED') ? error : second
    })
  }
}

/** Looking upwards can end in a shared folder (`/tmp/node_modules`): code there must be as safe from others as the file that names it. */
async function guardPackage(name: string, configPath: string): Promise<void> {
  const packageName = /^[a-z][a-z0-9-]*$/.test(name) ? `@keyfold/kms-${name}` : name
  for (const folder of createRequire(configPath).resolve.paths(packageName) ?? []) {
    const manifest = join(folder, packageName, 'package.json')
    if (statSync(manifest, { throwIfNoEntry: false }) === undefined) continue
    await guardPackageFolder(folder)
    await guardPackageFolder(dirname(await realpath(manifest)))
    return
  }
}
