import type { Edek, KekHint, Kms, KmsContext, KmsProvider } from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { configSchema, type InMemoryKmsConfig } from './config-schema.ts'
import { createInMemoryKms } from './create-in-memory-kms.ts'
import { decodeEdek, kekReference, PROVIDER } from './edek.ts'
import { revealVersions } from './reveal-versions.ts'

/** The in-memory KMS from a configuration. Keys are read once, when it is made. */
const provider: KmsProvider<InMemoryKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: InMemoryKmsConfig, context: KmsContext): Promise<Kms> {
    const { insecure, keks } = await parseConfig(configSchema, config, { provider: PROVIDER })
    const { kms, admin } = createInMemoryKms({ insecure })
    for (const [i, { id, alias, versions: secrets }] of keks.entries()) {
      const versions = await revealVersions(secrets, `keks[${i}].versions`, context.baseDirectory)
      admin.createKek({ id, alias, versions })
      for (const bytes of versions) bytes.fill(0)
    }
    return kms
  },

  readEdek(edek: Edek): KekHint | undefined {
    const fields = decodeEdek(edek)
    return fields && kekReference(fields.kekId)
  },
}

export default provider
