import type { KmsContext } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { createClient } from '../client/create-client.ts'
import { configSchema, type AzureKmsConfig } from '../config-schema.ts'
import { PROVIDER } from '../provider.ts'
import type { AzureKmsAdmin } from './azure-kms-admin.ts'
import { KeyAdmin } from './key-admin.ts'

/**
 * Creates an administrator of KEKs from the configuration of the provider, with credentials that may do more than wrap. The caller closes it.
 *
 * @throws `KMS_CONFIG` with the path of the field that is wrong.
 */
export async function createAzureKmsAdmin(
  config: AzureKmsConfig,
  context: Partial<KmsContext> = {},
): Promise<AzureKmsAdmin> {
  const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
  return new KeyAdmin(await createClient(checked, { baseDirectory: process.cwd(), ...context }))
}
