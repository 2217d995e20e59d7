import path from 'node:path'

import { describe, inject } from 'vitest'

import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'
import { startVault } from '@keyfold/servers'
import { say, titleOf } from '@keyfold/servers/testing'

import { writeCertificates, type CertificateFiles } from '../test/support/client-certificates.ts'
import { prepareCert } from './support/prepare-auth.ts'
import { Root } from './support/root.ts'
import { VaultFacade } from './support/vault-facade.ts'

const vault = inject('vault')

describe.skipIf(vault.missing !== undefined)(titleOf('Vault', vault), () => {
  let files: CertificateFiles | undefined
  let stop = async (): Promise<void> => undefined
  const file = (name: string): string => path.join(files?.folder ?? '', name)
  describeKmsProvider(
    new VaultFacade({
      name: 'Vault 1.14.2, TLS with a client certificate that also logs in',
      mount: 'transit',
      root: async () => {
        files = await writeCertificates()
        const server = await startVault(say, {
          tls: { cert: file('server.pem'), key: file('server.key'), clientCa: file('client-ca.pem') },
        })
        stop = server.stop
        return new Root(server.url, server.rootToken, { ca: files.ca, cert: files.clientCert, key: files.clientKey })
      },
      prepare: (root, policy) => prepareCert(root, policy, files?.clientCa ?? ''),
      tls: () => ({
        caFile: file('ca.pem'),
        certFile: file('client.pem'),
        keyFile: file('client-encrypted.key'),
        keyPassphrase: { value: files?.passphrase ?? '' },
      }),
      end: async () => {
        await stop()
        await files?.remove()
      },
    }),
  )
})
