import { realpathSync } from 'node:fs'
import { createRequire as createNodeRequire } from 'node:module'
import { join } from 'node:path'

import { ProviderError } from '../errors/provider-error.ts'
import { exportTarget, SUBPATH } from './export-target.ts'
import { findPackage, readManifest, type InstalledPackage } from './installed-package.ts'
import { placeOf } from './origin.ts'

/** A provider that was found and has not run. */
export interface FoundProvider {
  readonly packageName: string
  /** The `node_modules` that holds the package, as it was found from `from`: the package in it may be a link. */
  readonly folder: string
  /** The real directory of the package, all links followed. */
  readonly directory: string
  /** The real file that is imported, and no other. */
  readonly file: string
}

/**
 * Finds the file of a provider without running anything of its package.
 *
 * @throws ProviderError `PROVIDER_NOT_INSTALLED`, `PROVIDER_NOT_A_PROVIDER`, `PROVIDER_LOAD_FAILED`.
 */
export function resolveProvider(name: string, packageName: string, origin: string): FoundProvider {
  const found = findPackage(packageName, origin)
  if (found === undefined) {
    const message = `the provider ${packageName} is not installed where ${placeOf(origin)} finds it; check the name, then run: npm install ${packageName}`
    throw new ProviderError('PROVIDER_NOT_INSTALLED', name, message)
  }
  if (exportTarget(manifestOf(name, found)['exports']) === undefined) {
    const message = `the package ${packageName} does not export "${SUBPATH}", so it is not a provider; check the name`
    throw new ProviderError('PROVIDER_NOT_A_PROVIDER', name, message)
  }
  return { packageName, folder: found.base, ...resolveFile(name, found) }
}

function manifestOf(name: string, found: InstalledPackage): Record<string, unknown> {
  try {
    return readManifest(found.directory)
  } catch (cause) {
    throw new ProviderError(
      'PROVIDER_LOAD_FAILED',
      name,
      `the package.json of ${found.name} could not be read; reinstall the package`,
      { cause: cause as Error },
    )
  }
}

function resolveFile(name: string, found: InstalledPackage): Pick<FoundProvider, 'directory' | 'file'> {
  try {
    // Resolved from where the package was found: a nearer folder that is not a package must not be taken for it.
    const file = createNodeRequire(join(found.directory, 'package.json')).resolve(found.name + SUBPATH.slice(1), {
      paths: [found.base],
    })
    return { directory: realpathSync(found.directory), file: realpathSync(file) }
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    // Node.js reports a missing subpath with the same error, but that was checked before: no condition fits.
    const problem =
      cause.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
        ? `expected "${SUBPATH}" to be exported with a "default" condition, got none that Node can use; ask its author to add one`
        : `expected the file that it exports as "${SUBPATH}", got ${cause.code ?? 'an error'}; reinstall or rebuild it`
    throw new ProviderError('PROVIDER_LOAD_FAILED', name, `the package ${found.name} ${problem}`, { cause })
  }
}
