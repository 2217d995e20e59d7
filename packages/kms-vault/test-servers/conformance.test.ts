import { describe, inject } from 'vitest'

import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'
import { titleOf } from '@keyfold/servers/testing'

import {
  prepareAppRole,
  prepareJwt,
  prepareKubernetes,
  prepareToken,
  prepareTokenFile,
  prepareUserpass,
} from './support/prepare-auth.ts'
import { Root } from './support/root.ts'
import { VaultFacade, type VaultSetting } from './support/vault-facade.ts'

const vault = inject('vault')
const root = (): Promise<Root> => Promise.resolve(new Root(vault.url ?? '', vault.rootToken ?? ''))

const SETTINGS: readonly Omit<VaultSetting, 'root'>[] = [
  { name: 'Vault 1.14.2, usual mount, a token', mount: 'transit', prepare: prepareToken },
  { name: 'Vault 1.14.2, nested mount, AppRole', mount: 'team/orders/transit', prepare: prepareAppRole },
  { name: 'Vault 1.14.2, a token in a file', mount: 'kf-file', prepare: prepareTokenFile },
  { name: 'Vault 1.14.2, Kubernetes', mount: 'kf-kubernetes', prepare: prepareKubernetes },
  { name: 'Vault 1.14.2, JWT', mount: 'kf-jwt', prepare: prepareJwt },
  { name: 'Vault 1.14.2, userpass', mount: 'kf-userpass', prepare: prepareUserpass },
]

describe.skipIf(vault.missing !== undefined)(titleOf('Vault', vault), () => {
  for (const setting of SETTINGS) describeKmsProvider(new VaultFacade({ ...setting, root }))
})
