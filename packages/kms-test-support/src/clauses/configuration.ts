import { isDeepStrictEqual } from 'node:util'

import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { expectNoSecret } from '../secrets/expect-no-secret.ts'
import { checkProviderShape } from './provider-shape.ts'

/** The configuration that users write. */
export const configuration: readonly Clause[] = [
  {
    id: 'C93',
    title: 'the provider has the shape that discovery expects; otherwise it is installed and cannot be loaded',
    run: (context) =>
      Promise.resolve().then(() => {
        checkProviderShape(context.facade.provider)
      }),
  },
  {
    id: 'C94',
    title:
      'an unknown key of the configuration is KMS_CONFIG with its path; otherwise a typing error leaves a protection off',
    async run(context) {
      const error = await refuses(context, { ...context.facade.config(), kfUnknownSetting: true }, 'an unknown key')
      const { path } = error as { readonly path?: unknown }
      expectThat(
        typeof path === 'string' && path.includes('kfUnknownSetting'),
        '"path" of KMS_CONFIG expected the unknown key',
        error,
      )
    },
  },
  {
    id: 'C95',
    title:
      'a configuration that is none is KMS_CONFIG, and quotes no secret; otherwise a wrong file crashes or prints its token',
    async run(context) {
      const { facade } = context
      for (const config of [undefined, null, 'text', 7, [], {}])
        await refuses(context, config, `the configuration ${JSON.stringify(config)}`)
      // Each field in turn holds the wrong type and, beside it, everything that is secret.
      for (const key of Object.keys(facade.config())) {
        const error = await refuses(
          context,
          { ...facade.config(), [key]: { wrong: facade.config() } },
          `a wrong value of "${key}"`,
        )
        expectNoSecret(error, context.secrets(), `the error about "${key}"`)
      }
    },
  },
  {
    id: 'C96',
    title:
      'the schema accepts a right configuration and describes it as JSON Schema; otherwise editors and the CLI refuse what works',
    async run(context) {
      const { configSchema } = context.facade.provider
      const result = await configSchema['~standard'].validate(context.facade.config())
      expectThat(result.issues === undefined, 'the schema expected to accept the configuration of the facade')
      for (const target of ['draft-2020-12', 'draft-07'] as const) {
        const schema = configSchema['~standard'].jsonSchema.input({ target })
        expectThat(
          schema['type'] === 'object' || Array.isArray(schema['anyOf']) || Array.isArray(schema['oneOf']),
          `the JSON Schema (${target}) expected to describe an object`,
        )
      }
    },
  },
  {
    id: 'C97',
    title:
      'create does not change or keep the configuration; otherwise the second client gets what the first made of it',
    async run(context) {
      const config = context.facade.config()
      const before = JSON.stringify(config)
      expectThat(
        isDeepStrictEqual(JSON.parse(before), structuredClone(config)),
        'the configuration expected to be plain data, the same as JSON',
      )
      const baseDirectory = process.cwd()
      const kms = await context.facade.provider.create(config, { baseDirectory, ...context.facade.context })
      expectThat(JSON.stringify(config) === before, 'create expected to leave the configuration as it was')
      const { selectors } = await context.newTestKek()
      for (const key of Object.keys(config)) Reflect.deleteProperty(config, key)
      try {
        await kms.resolveKek(selectors[0])
      } finally {
        await kms.close()
      }
    },
  },
]

async function refuses(context: ClauseContext, config: unknown, what: string) {
  const error = await expectKmsError(
    async () => {
      const kms = await context.facade.provider.create(config as object, {
        baseDirectory: process.cwd(),
        ...context.facade.context,
      })
      await kms.close()
    },
    ['KMS_CONFIG'],
    what,
  )
  expectThat(!error.retryable, '"retryable" expected false for KMS_CONFIG')
  return error
}
