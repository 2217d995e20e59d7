import { describeType } from '../errors/describe-type.ts'
import { ProviderError } from '../errors/provider-error.ts'
import type { KmsProvider } from '../provider.ts'

const CONTRACT = 1
const NAME = /^[a-z][a-z0-9-]*$/

/**
 * Checks that a module's default export is a provider of the contract that this package knows.
 *
 * @throws ProviderError `PROVIDER_NOT_A_PROVIDER` for another shape, `PROVIDER_CONTRACT` for another version.
 */
export function checkProvider(name: string, subject: string, module: unknown): KmsProvider {
  const provider = defaultExport(module)
  const problem = problemOf(provider)
  if (problem !== undefined) {
    throw new ProviderError(
      'PROVIDER_NOT_A_PROVIDER',
      name,
      `the default export of ${subject} must be a KmsProvider, got ${problem}`,
    )
  }
  const { contract } = provider as { readonly contract: number }
  if (contract !== CONTRACT) {
    const message = `${subject} must follow version ${CONTRACT} of the contract, got version ${contract}; update @keyfold/kms-api`
    throw new ProviderError('PROVIDER_CONTRACT', name, message)
  }
  return provider as KmsProvider
}

/** Returns the default export, which a compiler from ESM to CommonJS puts one level down. */
function defaultExport(module: unknown): unknown {
  const value = property(module, 'default')
  return property(value, '__esModule') === true ? property(value, 'default') : value
}

/** Describes the problem with the shape. For another version of the contract, only members common to all versions are checked. */
function problemOf(provider: unknown): string | undefined {
  if (typeof provider !== 'object' || provider === null) return describeType(provider)
  const name = property(provider, 'name')
  if (typeof name !== 'string' || !NAME.test(name)) return 'one without a "name" of a to z, 0 to 9 and "-"'
  const contract = property(provider, 'contract')
  if (!Number.isSafeInteger(contract) || (contract as number) < 1) return 'one without the number "contract"'
  if (contract !== CONTRACT) return undefined
  if (typeof property(provider, 'create') !== 'function') return 'one without the method "create"'
  const schema = property(property(provider, 'configSchema'), '~standard')
  if (typeof property(schema, 'validate') !== 'function') return 'one whose "configSchema" is no Standard Schema'
  if (typeof property(property(schema, 'jsonSchema'), 'input') !== 'function')
    return 'one whose "configSchema" has no Standard JSON Schema'
  const readEdek = property(provider, 'readEdek')
  return readEdek === undefined || typeof readEdek === 'function' ? undefined : 'one whose "readEdek" is no function'
}

/** Reads a property of anything; a schema may be a function with properties. */
function property(value: unknown, key: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? (value as Record<string, unknown>)[key]
    : undefined
}
