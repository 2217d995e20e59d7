import { z } from 'zod'

import { documentSchema } from '../config/document-schema.ts'
import { loadConfig } from '../config/load-config.ts'
import { writeLines } from '../io/write-text.ts'
import { fromProvider } from '../kms/from-provider.ts'
import { loadProvider } from '../kms/load-provider.ts'
import { EXIT_OK, type ExitCode } from '../report/exit-codes.ts'
import type { RunContext } from './run-context.ts'

const TARGET = 'draft-2020-12'

/** Options of `config schema`. */
export interface ConfigSchemaSettings {
  readonly config?: string | undefined
  readonly provider?: string | undefined
}

/**
 * Prints the JSON Schema of the configuration file, for editors; with a provider, that of `kms.config` as well.
 *
 * @throws CliError `CLI_CONFIG`, ProviderError.
 */
export async function runConfigSchema(settings: ConfigSchemaSettings, { io }: RunContext): Promise<ExitCode> {
  const config = settings.config === undefined ? undefined : await loadConfig(settings.config, io.cwd)
  const name = settings.provider ?? config?.document.kms.provider
  const schema = z.toJSONSchema(documentSchema, { target: TARGET, io: 'input' })
  const title = 'Configuration of Keyfold'
  const whole =
    name === undefined
      ? { ...schema, title }
      : withProvider({ ...schema, title }, name, await providerSchema(name, config?.path))
  await writeLines([JSON.stringify(whole, undefined, 2)], io)
  return EXIT_OK
}

async function providerSchema(name: string, configPath: string | undefined): Promise<Record<string, unknown>> {
  const { configSchema } = await loadProvider(name, configPath)
  return await fromProvider(() => configSchema['~standard'].jsonSchema.input({ target: TARGET }))
}

/** A schema with an id of its own keeps the meaning of its `$ref`s when it stands inside another. */
function withProvider(whole: z.core.JSONSchema.BaseSchema, name: string, provider: Record<string, unknown>): object {
  const kms = whole.properties?.['kms'] as z.core.JSONSchema.BaseSchema
  const properties = {
    ...kms.properties,
    provider: { const: name },
    config: { ...provider, $id: `urn:keyfold:provider:${encodeURIComponent(name)}` },
  }
  return { ...whole, properties: { ...whole.properties, kms: { ...kms, properties } } }
}
