import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { FaultFacade } from '@keyfold/kms-test-support/faults'
import { describeFaults } from '@keyfold/kms-test-support/vitest'
import { KeyVaultServer } from '@keyfold/servers/azure'

import provider from '../src/kms-provider.ts'
import { configOf, credentialOf } from './support/key-vault-facade.ts'

const server = new KeyVaultServer({ kind: 'managedhsm' })
const folder = mkdtempSync(join(tmpdir(), 'kf-azure-faults-'))
const deadlineMs = 1_000

const facade: FaultFacade = {
  name: 'Managed HSM',
  provider,
  deadlineMs,
  context: { baseDirectory: folder, clients: { credential: credentialOf(server) } },
  async start() {
    await server.start()
    server.keys.create('payments', { type: 'oct-HSM' })
  },
  async stop() {
    await server.stop()
    rmSync(folder, { recursive: true })
  },
  upstream: () => server.url,
  kekSelector: () => 'payments',
  canaries: () => server.identity.tokens,
  config({ origin, ca }) {
    if (ca !== undefined) writeFileSync(join(folder, 'ca.pem'), ca)
    return {
      ...configOf(server, origin),
      timeouts: { requestMs: deadlineMs, connectMs: deadlineMs },
      ...(ca !== undefined && { tls: { caFile: join(folder, 'ca.pem') } }),
    }
  },
  overrides: {},
}

describeFaults(facade)
