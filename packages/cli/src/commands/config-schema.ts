import { configJsonSchema, fromProvider, loadConfig } from '@keyfold/config/tooling'

import { EXIT_OK, type ExitCode } from '../errors/exit-codes.ts'
import { writeLines } from '../io/write-text.ts'
import { loadProvider } from '../kms/load-provider.ts'
import type { RunContext } from '../report/run-context.ts'

/** Options of `config schema`. */
export interface ConfigSchemaSettings {
  readonly config?: string | undefined
  readonly provider?: string | undefined
}

/**
 * Prints the JSON Schema of the configuration file, for editors; with a provider, that of `kms.config` as well.
 *
 * @throws ConfigError, ProviderError.
 */
export async function runConfigSchema(settings: ConfigSchemaSettings, { io }: RunContext): Promise<ExitCode> {
  const config = settings.config === undefined ? undefined : await loadConfig(settings.config, io.cwd)
  const name = settings.provider ?? config?.document.kms.provider
  await writeLines([JSON.stringify(await schemaWith(name, config?.path), undefined, 2)], io)
  return EXIT_OK
}

async function schemaWith(name: string | undefined, configPath: string | undefined): Promise<object> {
  if (name === undefined) return configJsonSchema()
  const provider = await loadProvider(name, configPath)
  return await fromProvider(() => configJsonSchema({ name, provider }))
}
