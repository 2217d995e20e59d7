import { z } from 'zod'

import type { KmsProvider } from '@keyfold/kms-api'

import { documentSchema } from './document-schema.ts'

const TARGET = 'draft-2020-12'

/** The provider whose section a schema includes, under the name by which the configuration names it. */
export interface NamedProvider {
  readonly name: string
  readonly provider: Pick<KmsProvider, 'configSchema'>
}

/** Returns the JSON Schema of the configuration file, for editors; with a provider, that of `kms.config` as well. */
export function configJsonSchema(named?: NamedProvider): object {
  const whole = {
    ...z.toJSONSchema(documentSchema, { target: TARGET, io: 'input' }),
    title: 'Configuration of Keyfold',
  }
  if (named === undefined) return whole
  const kms = whole.properties?.['kms'] as z.core.JSONSchema.BaseSchema
  const { name, provider } = named
  const section = provider.configSchema['~standard'].jsonSchema.input({ target: TARGET })
  const properties = {
    ...kms.properties,
    provider: { const: name },
    // A schema with an id of its own keeps the meaning of its `$ref`s when it stands inside another.
    config: { ...section, $id: `urn:keyfold:provider:${encodeURIComponent(name)}` },
  }
  return { ...whole, properties: { ...whole.properties, kms: { ...kms, properties } } }
}
