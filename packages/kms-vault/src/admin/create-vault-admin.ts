import type { KmsContext } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { createClient } from '../client/create-client.ts'
import { configSchema, DEFAULT_MOUNT, type VaultKmsConfig } from '../config/config-schema.ts'
import { Boundary } from '../keys/boundary.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { VaultAdmin } from './vault-admin.ts'

/** Makes an administrator of the keys of a mount, with the same configuration as the provider's. The caller closes it. @throws `KMS_CONFIG` */
export async function createVaultAdmin(config: VaultKmsConfig, context: KmsContext): Promise<VaultAdmin> {
  const parsed = await parseConfig(configSchema, config, { provider: PROVIDER })
  return new VaultAdmin(await createClient(parsed, context), new Boundary(parsed.mount ?? DEFAULT_MOUNT))
}
