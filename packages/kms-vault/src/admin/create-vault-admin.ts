import type { KmsContext } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { Boundary, PROVIDER } from '../boundary.ts'
import { createClient } from '../client/create-client.ts'
import { configSchema, DEFAULT_MOUNT, type VaultKmsConfig } from '../config-schema.ts'
import { TransitAdmin } from './transit-admin.ts'
import type { VaultAdmin } from './vault-admin.ts'

/** Creates an administrator of the keys of a mount, with the same configuration as the provider's. The caller closes it. @throws `KMS_CONFIG` */
export async function createVaultAdmin(config: VaultKmsConfig, context: KmsContext): Promise<VaultAdmin> {
  const parsed = await parseConfig(configSchema, config, { provider: PROVIDER })
  return new TransitAdmin(await createClient(parsed, context), new Boundary(parsed.mount ?? DEFAULT_MOUNT))
}
