import { onTestFinished } from 'vitest'

import type { Kms, KmsContext } from '@keyfold/kms-api'

import type { VaultKmsConfig } from '../../src/index.ts'
import provider from '../../src/kms-provider.ts'
import { FakeVault } from './fake-vault.ts'

/** The token of most tests: nothing is asked about it. */
export const ROOT: VaultKmsConfig['auth'] = { method: 'token', token: { value: 'root' }, renew: false }

/** Makes a client that ends with the test. */
export async function connect(
  vault: FakeVault,
  config: Partial<VaultKmsConfig> = {},
  context: Partial<KmsContext> = {},
): Promise<Kms> {
  const kms = await provider.create(
    { address: vault.url, auth: ROOT, ...config },
    { baseDirectory: import.meta.dirname, ...context },
  )
  onTestFinished(() => kms.close())
  return kms
}

/** Makes a server and a client of it. */
export async function fixture(
  config: Partial<VaultKmsConfig> = {},
): Promise<{ readonly vault: FakeVault; readonly kms: Kms }> {
  const vault = await FakeVault.start()
  return { vault, kms: await connect(vault, config) }
}

/** Gives the code that a call rejects with. */
export async function codeOf(running: Promise<unknown>): Promise<unknown> {
  return await running.then(
    () => 'success',
    (error: unknown) => (error as { readonly code?: unknown }).code ?? error,
  )
}
