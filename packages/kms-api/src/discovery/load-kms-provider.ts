import { pathToFileURL } from 'node:url'

import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'
import { ProviderError } from '../errors/provider-error.ts'
import type { KmsProvider } from '../provider.ts'
import { checkProvider } from './check-provider.ts'
import { importModule } from './import-module.ts'
import { originOf } from './origin.ts'
import { packageNameOf } from './package-name.ts'
import { resolveProvider, type FoundProvider } from './resolve-provider.ts'

/** The source of providers: the packages of an application, or functions that import them, for bundlers. */
export type LoadKmsProviderOptions =
  | {
      /** A file (or directory) of the application: a file URL such as `import.meta.url`, or an absolute path. */
      readonly from: string | URL
      /**
       * Inspects the provider before any of its code runs, and throws to reject it: `loadKmsProvider` rejects with the same error. Afterwards
       * `found.file` is imported; nothing is looked up a second time.
       */
      readonly inspect?: ((found: FoundProvider) => void | Promise<void>) | undefined
      readonly loaders?: undefined
    }
  | {
      /** By requested name, a function such as `() => import('@keyfold/kms-aws/kms-provider')`. Nothing else is loaded. */
      readonly loaders: Readonly<Record<string, () => Promise<unknown>>>
      readonly from?: undefined
      readonly inspect?: undefined
    }

/**
 * Loads a KMS provider by name: `aws` is the package `@keyfold/kms-aws`; any other npm package is named in full. A package is a provider when the
 * default export of its subpath `./kms-provider` is a `KmsProvider`; no code of another package runs.
 *
 * ```ts
 * const provider = await loadKmsProvider('aws', { from: import.meta.url })
 * ```
 *
 * @throws TypeError unless exactly one of `from` and `loaders` is given, with a valid value.
 * @throws ProviderError `PROVIDER_BAD_NAME` for a name that is neither short nor a package's.
 * @throws ProviderError `PROVIDER_NOT_INSTALLED` when no such package is found from `from`, or `loaders` has no such entry.
 * @throws ProviderError `PROVIDER_NOT_A_PROVIDER` when the package has no such subpath, or exports something else there.
 * @throws ProviderError `PROVIDER_LOAD_FAILED` when the package is broken or throws while it is loaded.
 * @throws ProviderError `PROVIDER_CONTRACT` when it was made for another version of the contract.
 */
export async function loadKmsProvider(name: string, options: LoadKmsProviderOptions): Promise<KmsProvider> {
  const source = sourceOf(options)
  const packageName = packageNameOf(name)
  if (source.loaders !== undefined) {
    const load = loaderOf(name, source.loaders)
    return checkProvider(
      name,
      `the loader of ${printable(name)}`,
      await loaded(name, `the loader of ${printable(name)}`, load),
    )
  }
  const found = resolveProvider(name, packageName, originOf(source.from))
  await source.inspect?.(found)
  return checkProvider(
    name,
    packageName,
    await loaded(name, packageName, () => importModule(pathToFileURL(found.file).href)),
  )
}

function sourceOf(options: unknown): LoadKmsProviderOptions {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`"options" expected an object with "from" or "loaders", got ${describeType(options)}`)
  const { from, inspect, loaders } = options as Record<string, unknown>
  if ((from === undefined) === (loaders === undefined)) {
    throw new TypeError(`"options" expected either "from" or "loaders", got ${from === undefined ? 'neither' : 'both'}`)
  }
  if (loaders !== undefined && (typeof loaders !== 'object' || loaders === null))
    throw new TypeError(`"loaders" expected an object, got ${describeType(loaders)}`)
  if (inspect !== undefined && (typeof inspect !== 'function' || loaders !== undefined)) {
    throw new TypeError(
      `"inspect" expected a function beside "from", got ${loaders === undefined ? describeType(inspect) : 'one beside "loaders"'}`,
    )
  }
  return options as LoadKmsProviderOptions
}

function loaderOf(name: string, loaders: Readonly<Record<string, () => Promise<unknown>>>): () => Promise<unknown> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (load === undefined) {
    const message = `"loaders" expected an entry for ${printable(name)}, got none; add one that imports the provider's "/kms-provider"`
    throw new ProviderError('PROVIDER_NOT_INSTALLED', name, message)
  }
  if (typeof load !== 'function')
    throw new TypeError(`"loaders[${printable(name)}]" expected a function, got ${describeType(load)}`)
  return load
}

async function loaded(name: string, subject: string, load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load()
  } catch (error) {
    const cause =
      error instanceof Error ? error : new Error(`something else than an error was thrown: ${describeType(error)}`)
    const code: unknown = (cause as NodeJS.ErrnoException).code
    throw new ProviderError(
      'PROVIDER_LOAD_FAILED',
      name,
      `${subject} failed to load${typeof code === 'string' ? ` (${printable(code)})` : ''}: see its cause`,
      { cause },
    )
  }
}
