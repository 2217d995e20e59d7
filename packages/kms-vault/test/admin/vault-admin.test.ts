import { describe, expect, it, onTestFinished } from 'vitest'

import { createVaultAdmin, type VaultAdmin } from '../../src/admin/index.ts'
import { codeOf, connect, ROOT } from '../support/connect.ts'
import { FakeVault } from '../support/fake-vault.ts'

async function administer(): Promise<{ readonly vault: FakeVault; readonly admin: VaultAdmin }> {
  const vault = await FakeVault.start()
  const admin = await createVaultAdmin({ address: vault.url, auth: ROOT }, { baseDirectory: '/' })
  onTestFinished(() => admin.close())
  return { vault, admin }
}

describe('administration', () => {
  it('makes a key that nobody can export', async () => {
    const { vault, admin } = await administer()
    vault.script = ({ method, url }) => {
      if (method !== 'POST' || url !== '/v1/transit/keys/new') return undefined
      vault.addKey('new')
      return { status: 204 }
    }
    expect(await admin.createKek('new')).toMatchObject({ id: 'transit/new', version: '1' })
    expect(vault.requests.find(({ method }) => method === 'POST')?.body).toEqual({
      type: 'aes256-gcm96',
      exportable: false,
      allow_plaintext_backup: false,
    })
  })

  it('does not take an existing key for a new one', async () => {
    const { vault, admin } = await administer()
    await expect(admin.createKek('orders')).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'alias' })
    expect(vault.paths).toEqual(['transit/keys/orders'])
  })

  it('lists the versions of a key, oldest first, and which are too old', async () => {
    const { vault, admin } = await administer()
    const keys = { '10': 1_700_000_300, '2': 1_700_000_200, '1': { creation_time: 'x' }, latest: 1 }
    vault.addKey('old', { keys, min_decryption_version: 2, latest_version: 10 })
    expect(await admin.listKekVersions('transit/old')).toEqual([
      { version: '1', state: 'too-old' },
      { version: '2', createdAt: new Date(1_700_000_200_000), state: 'enabled' },
      { version: '10', createdAt: new Date(1_700_000_300_000), state: 'enabled' },
    ])
    vault.addKey('none', { keys: null })
    expect(await codeOf(admin.listKekVersions('none'))).toBe('KMS_INVALID_RESPONSE')
    expect(await codeOf(admin.listKekVersions('absent'))).toBe('KMS_UNKNOWN_KEY')
  })

  it('rejects what Vault cannot do, without a request', async () => {
    const { vault, admin } = await administer()
    for (const running of [
      admin.disableKek('orders'),
      admin.enableKek('orders'),
      admin.scheduleKekDeletion('orders', { days: 7 }),
      admin.cancelKekDeletion('orders'),
    ])
      expect(await codeOf(running)).toBe('KMS_UNSUPPORTED_OPERATION')
    expect(vault.requests).toEqual([])
  })

  it('decrypts and encrypts again what Vault cannot rewrap, with its context', async () => {
    const { vault, admin } = await administer()
    const kms = await connect(vault)
    const options = { encryptionContext: { topic: 'orders' } }
    const { edek } = await kms.generateDekPair(await kms.resolveKek('orders'), options)
    vault.requests.length = 0
    const newer = await admin.rewrapEdek(edek, options)
    expect(vault.paths).toEqual(['transit/decrypt/orders', 'transit/encrypt/orders'])
    expect(await codeOf(kms.decryptEdek(kms.kekOf(newer), newer, options))).toBe('success')
    expect(await codeOf(admin.rewrapEdek(edek))).toBe('KMS_INVALID_EDEK')
    expect(await codeOf(admin.rewrapEdek(edek, { encryptionContext: { topic: 'other' } }))).toBe('KMS_INVALID_EDEK')
    vault.script = ({ url }) =>
      url.includes('/decrypt/') ? { status: 200, body: { data: { plaintext: 'AAAA' } } } : undefined
    expect(await codeOf(admin.rewrapEdek(edek, options))).toBe('KMS_INVALID_RESPONSE')
  })

  it('tells an outage from versions that do not fit', async () => {
    const { vault, admin } = await administer()
    vault.script = ({ url }) => (url.endsWith('/config') ? { status: 503 } : undefined)
    expect(await codeOf(admin.setMinimumVersions('orders', { decryption: 1 }))).toBe('KMS_UNAVAILABLE')
    vault.script = ({ url }) =>
      url.endsWith('/config')
        ? { status: 400, body: { errors: ['cannot set min decryption version of 9, latest key version is 1'] } }
        : undefined
    await expect(admin.setMinimumVersions('orders', { decryption: 9, encryption: 9 })).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'minimumVersions',
    })
    expect(vault.requests.at(-1)?.body).toEqual({ min_decryption_version: 9, min_encryption_version: 9 })
  })

  it('refuses names that could lead elsewhere, without a request', async () => {
    const { vault, admin } = await administer()
    for (const name of ['../../sys/seal', 'a/b', 'a?b']) {
      expect(await codeOf(admin.createKek(name))).toBe('KMS_CONFIG')
      expect(await codeOf(admin.rotateKek(name))).toBe('KMS_CONFIG')
      expect(await codeOf(admin.setMinimumVersions(name, {}))).toBe('KMS_CONFIG')
    }
    expect(vault.requests).toEqual([])
  })

  it('ends with "await using"', async () => {
    const { admin } = await administer()
    await admin[Symbol.asyncDispose]()
    expect(await codeOf(admin.createKek('orders'))).toBe('KMS_CLOSED')
  })
})
