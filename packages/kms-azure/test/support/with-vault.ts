import { afterEach, beforeEach } from 'vitest'

import type { Kms, KmsContext } from '@keyfold/kms-api'
import { KeyVaultServer, type KeyVaultOptions } from '@keyfold/servers/azure'

import type { AzureKmsConfig } from '../../src/config-schema.ts'
import provider from '../../src/kms-provider.ts'
import { configOf, credentialOf } from './key-vault-facade.ts'

/** A server for each test, and clients of it, which are closed after it. */
export class Fixture {
  server: KeyVaultServer
  readonly open: Kms[] = []

  constructor(options: KeyVaultOptions) {
    this.server = new KeyVaultServer(options)
  }

  /** A client with permissions, by default all. */
  async connect(
    more: Partial<AzureKmsConfig> = {},
    permissions?: readonly string[],
    context: Partial<KmsContext> = {},
  ): Promise<Kms> {
    const clients = { credential: credentialOf(this.server, permissions) }
    const config = { ...configOf(this.server, this.server.url), ...more }
    const kms = await provider.create(config, { baseDirectory: import.meta.dirname, clients, ...context })
    this.open.push(kms)
    return kms
  }

  /** The operations that reached the vault, challenges apart: `GET`, `wrapkey`. */
  operations(): string[] {
    return this.server.requests
      .filter(({ token }) => token)
      .map(({ method, path }) => (method === 'POST' ? (path.split('/').at(-1) as string) : method))
  }
}

/** Gives the fixture of the test that runs. */
export function withVault(options: KeyVaultOptions): Fixture {
  const fixture = new Fixture(options)
  beforeEach(async () => {
    fixture.server = await new KeyVaultServer(options).start()
  })
  afterEach(async () => {
    for (const kms of fixture.open.splice(0)) await kms.close()
    await fixture.server.stop()
  })
  return fixture
}

/** Returns what a promise rejects with. */
export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => new Error('expected a rejection'),
    (error: unknown) => error,
  )
}
