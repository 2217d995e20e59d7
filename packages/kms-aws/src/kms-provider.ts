import { KmsConfigError, type KmsContext, type KmsProvider } from '@keyfold/kms-api'
import { createKms, findConfigErrors, parseConfig } from '@keyfold/kms-api/provider-kit'

import { createAwsKmsAdmin } from './admin/create-admin.ts'
import { awsOperations } from './aws-operations.ts'
import { createClient } from './client/create-client.ts'
import { configuredRegion, missingRegion } from './client/region.ts'
import { configSchema, type AwsKmsConfig } from './config-schema.ts'
import { readEdek } from './edek.ts'
import { fromClient, type AwsKmsClient } from './from-client.ts'
import { Boundary } from './keys/boundary.ts'
import { keyIdOfSelector } from './keys/key-id-of-selector.ts'
import { PROVIDER } from './provider.ts'

/** What a client of the application settles already. */
const CLIENT_FIELDS = ['endpoint', 'stsEndpoint', 'tls', 'fips', 'dualstack', 'credentials', 'maxConnections'] as const

/** AWS KMS from a configuration. The SDK is loaded by `create`; `clients.kms` of the context may be the application's own `KMSClient`. */
const provider: KmsProvider<AwsKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: AwsKmsConfig, context: KmsContext) {
    const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
    const { account, trustedAccounts, regions, partitions, allowInsecure, timeouts } = checked
    const boundary = { account, trustedAccounts, regions, partitions }
    const own = context.clients?.['kms']
    if (own !== undefined) {
      const given = CLIENT_FIELDS.find((name) => checked[name] !== undefined)
      if (given !== undefined) throw settledByClient(given)
      const options = { ...boundary, allowInsecure, requestMs: timeouts?.requestMs }
      return await fromClient(own as AwsKmsClient, options)
    }
    const { client, region } = await createClient(checked, context)
    return createKms(awsOperations(client, new Boundary({ ...boundary, region })))
  },

  async checkConfig(config, { baseDirectory, clients }, kekSelectors) {
    const { account, trustedAccounts, regions, partitions } = config
    const region = await configuredRegion(config, baseDirectory)
    if (region === undefined && clients?.['kms'] === undefined) return [missingRegion()]
    const boundary = new Boundary({ account, trustedAccounts, regions, partitions, region: region ?? 'us-east-1' })
    return findConfigErrors(kekSelectors, (kekSelector) => keyIdOfSelector(kekSelector, boundary))
  },

  readEdek,

  admin: createAwsKmsAdmin,
}

function settledByClient(path: string): KmsConfigError {
  const problem = 'expected to be absent, because the application gives its own client'
  return new KmsConfigError(path, problem, { provider: PROVIDER, operation: 'create' })
}

export default provider
