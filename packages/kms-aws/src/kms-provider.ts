import { KmsConfigError, type Edek, type Kek, type Kms, type KmsContext, type KmsProvider } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { AwsKms } from './aws-kms.ts'
import { createClient } from './client/create-client.ts'
import { readKekId } from './codec/read-kek-id.ts'
import { configSchema, type AwsKmsConfig } from './config/config-schema.ts'
import { fromClient, type AwsKmsClient } from './from-client.ts'
import { Boundary } from './keys/boundary.ts'
import { kekReference, PROVIDER } from './keys/kek-reference.ts'

/** What a client of the application has already. */
const CLIENT_FIELDS = ['endpoint', 'stsEndpoint', 'tls', 'fips', 'dualstack', 'credentials', 'maxSockets'] as const

/** AWS KMS from a configuration. The SDK is loaded by `create`; `clients.kms` of the context may be the application's own `KMSClient`. */
const provider: KmsProvider<AwsKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: AwsKmsConfig, context: KmsContext): Promise<Kms> {
    const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
    const { account, trustedAccounts, regions, partitions, allowInsecureEndpoint, timeouts } = checked
    const boundary = { account, trustedAccounts, regions, partitions }
    const own = context.clients?.['kms']
    if (own !== undefined) {
      const given = CLIENT_FIELDS.find((name) => checked[name] !== undefined)
      if (given !== undefined) {
        const problem = 'expected to be absent, because the application gives its own client'
        throw new KmsConfigError(given, problem, { provider: PROVIDER, operation: 'create' })
      }
      return await fromClient(own as AwsKmsClient, {
        ...boundary,
        allowInsecureEndpoint,
        requestMs: timeouts?.requestMs,
      })
    }
    const { client, region } = await createClient(checked, context)
    return new AwsKms(client, new Boundary({ ...boundary, region }))
  },

  readEdek(edek: Edek): Kek | undefined {
    const id = readKekId(edek)
    return id === undefined ? undefined : kekReference(id)
  },
}

export default provider
