import { randomBytes } from 'node:crypto'

import { onTestFinished } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import type { VaultKmsConfig } from '../../src/index.ts'
import provider from '../../src/kms-provider.ts'
import { rolePolicy } from './role-policy.ts'
import type { Root } from './root.ts'

/** A mount with a policy of producers and consumers, which ends with the test file's server. */
export interface Mount {
  readonly mount: string
  readonly policy: string
}

/** Mounts an engine with the key `orders`. */
export async function newMount(root: Root): Promise<Mount> {
  const [mount, policy] = [`kf-${randomBytes(6).toString('hex')}`, `kf-${randomBytes(6).toString('hex')}`]
  await root.mountTransit(mount)
  await root.call('POST', `${mount}/keys/orders`, {})
  await root.writePolicy(policy, rolePolicy({ mount, keys: ['*'], encryptionContext: true }))
  return { mount, policy }
}

/** Makes a client that ends with the test. */
export async function connect(
  root: Root,
  mount: string,
  auth: VaultKmsConfig['auth'],
  more: Partial<VaultKmsConfig> = {},
): Promise<Kms> {
  const kms = await provider.create({ address: root.url, mount, auth, ...more }, { baseDirectory: import.meta.dirname })
  onTestFinished(() => kms.close())
  return kms
}

/** Gives the code that a call rejects with. */
export async function codeOf(running: Promise<unknown>): Promise<unknown> {
  return await running.then(
    () => 'success',
    (error: unknown) => (error as { readonly code?: unknown }).code ?? error,
  )
}
