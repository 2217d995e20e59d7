import type { KmsProvider } from '@keyfold/kms-api'

import { expectEqual, expectThat } from '../assertions/expect.ts'

/** Expects what discovery checks before it hands out a provider. */
export function checkProviderShape(provider: KmsProvider): void {
  expectThat(
    /^[a-z][a-z0-9-]*$/.test(provider.name),
    '"provider.name" expected a to z, 0 to 9 and "-", starting with a letter',
  )
  expectEqual(provider.contract, 1, 'provider.contract')
  expectThat(typeof provider.create === 'function', '"provider.create" expected a function')
  const standard = provider.configSchema['~standard']
  expectEqual(standard.version, 1, 'provider.configSchema.version')
  expectThat(typeof standard.validate === 'function', '"provider.configSchema" expected a Standard Schema')
  expectThat(typeof standard.jsonSchema.input === 'function', '"provider.configSchema" expected a Standard JSON Schema')
  expectThat(
    provider.readEdek === undefined || typeof provider.readEdek === 'function',
    '"provider.readEdek" expected a function or nothing',
  )
}
