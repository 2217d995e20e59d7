import { isBuiltin } from 'node:module'

import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'
import { ProviderError } from '../errors/provider-error.ts'

/** The form of a short name, which stands for `@keyfold/kms-<name>`. */
const SHORT_NAME = /^[a-z][a-z0-9-]*$/
/** The form of a package's name by npm's rules: nothing that could be a path, a URL or a subpath. */
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const PREFIX = '@keyfold/kms-'
const MAX_CHARACTERS = 214

/**
 * Returns the package of a provider's name.
 *
 * @throws ProviderError `PROVIDER_BAD_NAME`.
 */
export function packageNameOf(name: unknown): string {
  if (typeof name === 'string') {
    const packageName = SHORT_NAME.test(name) ? PREFIX + name : name
    if (packageName.length <= MAX_CHARACTERS && PACKAGE_NAME.test(packageName) && !isReserved(packageName))
      return packageName
  }
  const got = typeof name === 'string' ? printable(name) : describeType(name)
  throw new ProviderError(
    'PROVIDER_BAD_NAME',
    typeof name === 'string' ? name : got,
    `"name" expected a short name such as "aws" or the name of an npm package, got ${got}`,
  )
}

/** Returns the name under which a package's provider is loaded, the short one if it has one; `undefined` if it has none. */
export function providerNameOf(packageName: string): string | undefined {
  const short = packageName.startsWith(PREFIX) ? packageName.slice(PREFIX.length) : packageName
  for (const name of [short, packageName]) {
    try {
      if (packageNameOf(name) === packageName) return name
    } catch {
      // Not a name that can be requested; a package.json may hold anything.
    }
  }
  return undefined
}

function isReserved(packageName: string): boolean {
  return isBuiltin(packageName) || packageName === 'node_modules' || packageName === 'favicon.ico'
}
