import type { Kms, KmsContext, KmsProvider } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { createClient } from './client/create-client.ts'
import { configSchema, DEFAULT_MOUNT, type VaultKmsConfig } from './config/config-schema.ts'
import { Boundary } from './keys/boundary.ts'
import { PROVIDER } from './keys/kek-reference.ts'
import { VaultKms } from './vault-kms.ts'

/**
 * The Transit engine of HashiCorp Vault and OpenBao. It has no `readEdek`: without a configuration nobody can say which KEK an EDEK names, because
 * that does not hold the mount.
 */
const provider: KmsProvider<VaultKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: VaultKmsConfig, context: KmsContext): Promise<Kms> {
    const parsed = await parseConfig(configSchema, config, { provider: PROVIDER })
    return new VaultKms(await createClient(parsed, context), new Boundary(parsed.mount ?? DEFAULT_MOUNT))
  },
}

export default provider
