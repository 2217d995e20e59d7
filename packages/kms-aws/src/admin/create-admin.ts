import type { KmsContext } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { createClient } from '../client/create-client.ts'
import { configSchema, type AwsKmsConfig } from '../config-schema.ts'
import { Boundary } from '../keys/boundary.ts'
import { PROVIDER } from '../provider.ts'
import type { AwsKmsAdmin } from './aws-kms-admin.ts'
import { KeyAdmin } from './key-admin.ts'
import { KeyRequests } from './key-requests.ts'

/**
 * Creates an administrator of KEKs from the configuration of the provider, with credentials that may do more than encrypt. The caller closes it.
 *
 * @throws `KMS_CONFIG` with the path of the field that is wrong.
 */
export async function createAwsKmsAdmin(config: AwsKmsConfig, context: Partial<KmsContext> = {}): Promise<AwsKmsAdmin> {
  const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
  const { client, region } = await createClient(checked, { baseDirectory: process.cwd(), ...context })
  const { account, trustedAccounts, regions, partitions } = checked
  const boundary = new Boundary({ account, trustedAccounts, regions, partitions, region })
  return new KeyAdmin(new KeyRequests(client, boundary))
}
