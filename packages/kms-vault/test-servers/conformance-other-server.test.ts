import { randomBytes } from 'node:crypto'

import { describe } from 'vitest'

import { FaultProxy } from '@keyfold/kms-test-support/faults'
import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { prepareToken } from './support/prepare-auth.ts'
import { Root } from './support/root.ts'
import { VaultFacade } from './support/vault-facade.ts'

const { KEYFOLD_TEST_VAULT_ADDR: address = '', KEYFOLD_TEST_VAULT_TOKEN: token = '' } = process.env
const missing = address === '' || token === ''
const title = 'the Vault or OpenBao that KEYFOLD_TEST_VAULT_ADDR and KEYFOLD_TEST_VAULT_TOKEN point at'

describe.skipIf(missing)(missing ? `${title}: skipped, because they are not set` : title, () => {
  describeKmsProvider(
    new VaultFacade({
      name: 'another server',
      mount: `keyfold-test/${randomBytes(6).toString('hex')}`,
      root: () => Promise.resolve(new Root(address, token)),
      prepare: prepareToken,
      count: async () => {
        const proxy = await FaultProxy.start(() => address)
        return { url: proxy.origin, requests: () => proxy.requests.length, stop: () => proxy.stop() }
      },
    }),
  )
})
