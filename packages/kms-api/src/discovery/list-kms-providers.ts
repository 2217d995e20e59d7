import { dirname } from 'node:path'

import { describeType } from '../errors/describe-type.ts'
import { exportTarget } from './export-target.ts'
import { findPackage, hasManifest, readManifest } from './installed-package.ts'
import { originOf } from './origin.ts'
import { providerNameOf } from './package-name.ts'

const FIELDS = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'] as const

/**
 * Names the providers that an application's `package.json` depends on and that are installed, sorted, as `loadKmsProvider` takes them.
 * No code of them runs, so a listed one may still fail to load.
 *
 * @param options - `from`: a file (or directory) of the application, as a file URL or an absolute path. The nearest `package.json` with a name or
 * dependencies is the application's.
 * @throws TypeError when `from` is neither.
 */
export async function listKmsProviders(options: { readonly from: string | URL }): Promise<string[]> {
  // An async function, so that nothing is thrown synchronously and the lookup may become asynchronous.
  await Promise.resolve()
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new TypeError(`"options" expected an object with "from", got ${describeType(options)}`)
  const origin = originOf(options.from)
  const names = dependenciesOf(dirname(origin)).filter((packageName) => isProvider(packageName, origin))
  return names.flatMap((packageName) => providerNameOf(packageName) ?? []).sort()
}

function dependenciesOf(start: string): string[] {
  for (let directory = start; ; directory = dirname(directory)) {
    if (hasManifest(directory)) {
      const manifest = readManifest(directory)
      if (manifest['name'] !== undefined || FIELDS.some((field) => manifest[field] !== undefined)) {
        return [
          ...new Set(FIELDS.flatMap((field) => Object.keys((manifest[field] as object | null | undefined) ?? {}))),
        ]
      }
    }
    if (directory === dirname(directory)) return []
  }
}

function isProvider(packageName: string, origin: string): boolean {
  if (providerNameOf(packageName) === undefined) return false
  const found = findPackage(packageName, origin)
  try {
    return found !== undefined && exportTarget(readManifest(found.directory)['exports']) !== undefined
  } catch {
    // A broken package.json of a dependency: loading it reports that, a list does not.
    return false
  }
}
