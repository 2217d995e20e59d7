import type { Edek, KekAdmin, KekHint, Kms, KmsContext, KmsProvider } from '@keyfold/kms-api'
import { createKms, findConfigErrors, parseConfig } from '@keyfold/kms-api/provider-kit'

import { createVaultAdmin } from './admin/create-vault-admin.ts'
import { Boundary, PROVIDER } from './boundary.ts'
import { createClient } from './client/create-client.ts'
import { configSchema, DEFAULT_MOUNT, type VaultKmsConfig } from './config-schema.ts'
import { decodeEdek } from './edek.ts'
import { VaultOperations } from './vault-operations.ts'

/** The Transit engine of HashiCorp Vault and OpenBao. */
const provider: KmsProvider<VaultKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: VaultKmsConfig, context: KmsContext): Promise<Kms> {
    const parsed = await parseConfig(configSchema, config, { provider: PROVIDER })
    const boundary = new Boundary(parsed.mount ?? DEFAULT_MOUNT)
    return createKms(new VaultOperations(await createClient(parsed, context), boundary))
  },

  checkConfig({ mount = DEFAULT_MOUNT }, _context, kekSelectors) {
    const boundary = new Boundary(mount)
    return Promise.resolve(findConfigErrors(kekSelectors, (kekSelector) => boundary.keyNameOfSelector(kekSelector)))
  },

  /** An EDEK does not hold the mount, so it has a name and a version, and no id. */
  readEdek(edek: Edek): KekHint | undefined {
    const fields = decodeEdek(edek)
    return fields && { provider: PROVIDER, name: fields.keyName, version: fields.version }
  },

  async admin(config: VaultKmsConfig, context: KmsContext): Promise<KekAdmin> {
    return await createVaultAdmin(config, context)
  },
}

export default provider
