import {
  describeType,
  KmsConfigError,
  type Edek,
  type KekAdmin,
  type KekHint,
  type Kms,
  type KmsContext,
  type KmsProvider,
} from '@keyfold/kms-api'
import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { adminOf } from './admin/admin.ts'
import type { InMemoryKmsAdmin } from './admin/in-memory-kms-admin.ts'
import { configSchema, type InMemoryKmsConfig } from './config-schema.ts'
import { createInMemoryKms, type InMemoryKmsPair } from './create-in-memory-kms.ts'
import { decodeEdek, kekReference, PROVIDER } from './edek.ts'
import { revealVersions } from './reveal-versions.ts'

/** The in-memory KMS from a configuration. Keys are read once, when it is made. */
const provider: KmsProvider<InMemoryKmsConfig> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(config: InMemoryKmsConfig, context: KmsContext): Promise<Kms> {
    return (await createPair(config, context)).kms
  },

  /** Administers the keys of `clients.kms`, a client that this provider made; without one, keys of its own, made from the configuration. */
  async admin(config: InMemoryKmsConfig, context: KmsContext): Promise<KekAdmin> {
    const { admin } = await createPair(config, context)
    const shared = context.clients?.['kms']
    return (shared === undefined ? admin : adminOfClient(shared)).kekAdmin()
  },

  readEdek(edek: Edek): KekHint | undefined {
    const fields = decodeEdek(edek)
    return fields && kekReference(fields.kekId)
  },
}

async function createPair(config: InMemoryKmsConfig, { baseDirectory }: KmsContext): Promise<InMemoryKmsPair> {
  const { insecure, keks } = await parseConfig(configSchema, config, { provider: PROVIDER })
  const pair = createInMemoryKms({ insecure })
  for (const [i, { id, alias, versions: secrets }] of keks.entries()) {
    const versions = await revealVersions(secrets, `keks[${i}].versions`, baseDirectory)
    pair.admin.createKek({ id, alias, versions })
    for (const bytes of versions) bytes.fill(0)
  }
  return pair
}

function adminOfClient(kms: unknown): InMemoryKmsAdmin {
  try {
    return adminOf(kms as Kms)
  } catch {
    const problem = `expected a Kms of this provider without a decorator around it, got ${describeType(kms)}`
    throw new KmsConfigError('clients.kms', problem, { provider: PROVIDER, operation: 'admin' })
  }
}

export default provider
