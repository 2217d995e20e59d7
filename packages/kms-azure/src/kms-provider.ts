import { KmsConfigError, type KmsContext, type KmsProvider } from '@keyfold/kms-api'
import { createKms, parseConfig } from '@keyfold/kms-api/provider-kit'

import { createAzureKmsAdmin } from './admin/create-admin.ts'
import { azureOperations } from './azure-operations.ts'
import { createClient } from './client/create-client.ts'
import { configSchema, type AzureKmsConfig } from './config-schema.ts'
import { readEdek } from './edek.ts'
import { fromClient } from './from-client.ts'
import { PROVIDER } from './provider.ts'

/** What a client of the application settles already. */
const CLIENT_FIELDS = [
  'challengeResource',
  'credentials',
  'authorityHost',
  'disableInstanceDiscovery',
  'tls',
  'maxConnections',
] as const

/**
 * Azure Key Vault and Managed HSM from a configuration. The SDK is loaded by `create`. The context may have the application's own clients: `keys` (a
 * `KeyClient` of the vault), `credential` (a `TokenCredential`) or `http` (an `HttpClient` of the provider kit).
 */
const provider: KmsProvider<AzureKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: AzureKmsConfig, context: KmsContext) {
    const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
    const { clock, clients } = context
    const { pinnedKeyType, timeouts, vaultName, vaultUrl } = checked
    const own = clients?.['keys']
    if (own === undefined) {
      const { client, boundary } = await createClient(checked, context)
      return createKms(azureOperations(client, boundary, { clock, pinnedKeyType }))
    }
    const settled = CLIENT_FIELDS.find((name) => checked[name] !== undefined)
    if (settled !== undefined)
      throw configError(settled, 'expected to be absent, because the application gives its own client')
    return await fromClient(own as never, { vaultName, vaultUrl, pinnedKeyType, requestMs: timeouts?.requestMs, clock })
  },

  readEdek,

  admin: createAzureKmsAdmin,
}

function configError(path: string, problem: string): KmsConfigError {
  return new KmsConfigError(path, problem, { provider: PROVIDER, operation: 'create' })
}

export default provider
