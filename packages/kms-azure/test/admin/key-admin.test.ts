import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { KeyVaultServer } from '@keyfold/servers/azure'

import {
  adminRole,
  consumerRole,
  createAzureKmsAdmin,
  producerRole,
  type AzureKmsAdmin,
} from '../../src/admin/index.ts'
import provider from '../../src/kms-provider.ts'
import { configOf, credentialOf } from '../support/key-vault-facade.ts'
import { rejectionOf } from '../support/with-vault.ts'

describe.each(['vault', 'managedhsm'] as const)('the administrator of a %s', (kind) => {
  let server: KeyVaultServer
  let admin: AzureKmsAdmin

  beforeEach(async () => {
    server = await new KeyVaultServer({ kind }).start()
    admin = await createAzureKmsAdmin(configOf(server, server.url), { clients: { credential: credentialOf(server) } })
  })

  afterEach(async () => {
    await admin.close()
    await server.stop()
  })

  test('creates a KEK that can be used, rotates it, and lists its versions', async () => {
    const kek = await admin.createKek('payments')
    expect(kek.wrapping).toBe(kind === 'vault' ? 'public-key' : 'authenticated')
    const rotated = await admin.rotateKek('payments')
    expect(rotated).toMatchObject({ id: kek.id })
    const versions = await admin.listKekVersions('payments')
    expect(versions.map(({ version }) => version).sort()).toEqual([kek.version, rotated.version].sort())
    const clients = { credential: credentialOf(server) }
    const kms = await provider.create(configOf(server, server.url), { baseDirectory: '.', clients })
    const { dek, edek } = await kms.generateDekPair(await kms.resolveKek('payments'))
    dek.destroy()
    expect(kms.kekOf(edek).version).toBe(rotated.version)
    await kms.close()
  })

  test('creates no second version by mistake', async () => {
    await admin.createKek('payments')
    expect(await rejectionOf(admin.createKek('payments'))).toMatchObject({ code: 'KMS_CONFIG', path: 'alias' })
    await admin.scheduleKekDeletion('payments', { days: 90 })
    expect(await rejectionOf(admin.createKek('payments'))).toMatchObject({ code: 'KMS_CONFIG', path: 'alias' })
  })

  test('disables and enables every version', async () => {
    await admin.createKek('payments')
    await admin.rotateKek('payments')
    await admin.disableKek('payments')
    expect((await admin.listKekVersions('payments')).map(({ state }) => state)).toEqual(['disabled', 'disabled'])
    await admin.enableKek('payments')
    expect((await admin.listKekVersions('payments')).map(({ state }) => state)).toEqual(['enabled', 'enabled'])
  })

  test('deletes, recovers and purges', async () => {
    await admin.createKek('payments')
    expect(await rejectionOf(admin.scheduleKekDeletion('payments', { days: 7 }))).toMatchObject({
      code: 'KMS_CONFIG',
      path: 'days',
    })
    await admin.scheduleKekDeletion('payments', { days: 90 })
    expect(await rejectionOf(admin.rotateKek('payments'))).toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    await admin.cancelKekDeletion('payments')
    await admin.rotateKek('payments')
    await admin.scheduleKekDeletion('payments', { days: 90 })
    await admin.purgeDeletedKek('payments')
    expect(await rejectionOf(admin.cancelKekDeletion('payments'))).toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
  })

  test('sets a rotation policy', async () => {
    await admin.createKek('payments')
    expect(await admin.getRotationPolicy('payments')).toBeUndefined()
    await admin.setRotationPolicy('payments', { rotateAfter: 'P90D', expiresAfter: 'P1Y' })
    expect(await admin.getRotationPolicy('payments')).toEqual({ rotateAfter: 'P90D', expiresAfter: 'P1Y' })
  })

  test('rejects every call after close', async () => {
    await admin.close()
    expect(await rejectionOf(admin.createKek('payments'))).toMatchObject({ code: 'KMS_CLOSED' })
  })
})

describe('role assignments', () => {
  const vault = { principalId: 'p-1', vaultName: 'kf', subscriptionId: 's-1', resourceGroup: 'g' }

  test('of a vault name a built-in role and the narrowest scope', () => {
    const scope = '/subscriptions/s-1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kf/keys/payments'
    const command = `az role assignment create --role "Key Vault Crypto Service Encryption User" --assignee-object-id p-1 --scope "${scope}"`
    expect(producerRole({ ...vault, keyName: 'payments' })).toBe(command)
    expect(consumerRole({ ...vault, keyName: 'payments' })).toBe(command)
    expect(adminRole(vault)).toContain('"Key Vault Crypto Officer"')
  })

  test('of a managed HSM are its own, and a wider one for encryption contexts', () => {
    const hsm = { principalId: 'p-1', vaultName: 'kf', managedHsm: true }
    expect(consumerRole(hsm)).toBe(
      'az keyvault role assignment create --hsm-name kf --role "Managed HSM Crypto Service Encryption User" --assignee-object-id p-1 --scope /keys',
    )
    expect(consumerRole({ ...hsm, encryptionContext: true })).toContain('"Managed HSM Crypto User"')
  })

  test.each(['x; rm -rf /', '$(id)', '`id`', 'a"b', '-h', ''])(
    'reject the principal %s, which a shell could take for something else',
    (principalId) => {
      expect(() => producerRole({ ...vault, principalId })).toThrow(RangeError)
    },
  )
})
