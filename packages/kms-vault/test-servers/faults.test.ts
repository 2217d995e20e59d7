import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, inject } from 'vitest'

import { describeFaults } from '@keyfold/kms-test-support/vitest'
import { titleOf } from '@keyfold/servers/testing'

import provider from '../src/kms-provider.ts'
import { rolePolicy } from './support/role-policy.ts'
import { Root } from './support/root.ts'

const vault = inject('vault')
const MOUNT = 'kf-faults'
const DEADLINE_MS = 700

describe.skipIf(vault.missing !== undefined)(titleOf('Vault', vault), () => {
  const root = new Root(vault.url ?? 'http://127.0.0.1:1', vault.rootToken ?? '')
  const policy = `kf-${randomBytes(6).toString('hex')}`
  let token = ''
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'keyfold-faults-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const caFiles = new Map<string, string>()
  describeFaults({
    name: 'Vault 1.14.2',
    provider,
    deadlineMs: DEADLINE_MS,
    overrides: Object.fromEntries(
      ['F44', 'F74'].map((id) => [
        id,
        {
          codes: ['KMS_UNAVAILABLE'],
          retry: 'yes',
          reason: 'a standby that does not forward sends 307 to the active node: another attempt may reach that',
        } as const,
      ]),
    ),
    start: async () => {
      await root.mountTransit(MOUNT)
      await root.call('POST', `${MOUNT}/keys/orders`, {})
      await root.writePolicy(policy, rolePolicy({ mount: MOUNT, keys: ['orders'] }))
      token = await root.createToken([policy])
    },
    stop: async () => {
      await root.call('DELETE', `sys/mounts/${MOUNT}`)
    },
    upstream: () => root.url,
    kekSelector: () => 'orders',
    canaries: () => [token],
    config: ({ origin, ca }) => ({
      address: origin,
      mount: MOUNT,
      auth: { method: 'token', token: { value: token }, renew: false },
      timeouts: { requestMs: DEADLINE_MS, connectMs: DEADLINE_MS },
      ...(ca !== undefined && { tls: { caFile: caFile(ca) } }),
    }),
  })

  function caFile(ca: string): string {
    const known = caFiles.get(ca)
    if (known !== undefined) return known
    const file = path.join(folder, `ca-${caFiles.size}.pem`)
    caFiles.set(ca, file)
    writeFileSync(file, ca)
    return file
  }
})
