import { describe, expect, test } from 'vitest'

import { parseConfig } from '@keyfold/kms-api/provider-kit'

import { configSchema } from '../src/config-schema.ts'
import { cloudOf } from '../src/keys/clouds.ts'
import { rejectionOf } from './support/with-vault.ts'

const check = (config: object): Promise<unknown> => parseConfig(configSchema, config, { provider: 'azure' })

describe('the configuration', () => {
  test.each([
    { vaultUrl: 'https://payments.vault.azure.net' },
    { vaultUrl: 'https://payments.managedhsm.azure.net/' },
    { vaultUrl: 'https://payments.vault.usgovcloudapi.net' },
    { vaultUrl: 'https://payments.vault.azure.cn', credentials: { method: 'managedIdentity' } },
    { vaultUrl: 'https://keys.corp.example', vaultName: 'payments', challengeResource: 'https://vault.azure.net' },
    { vaultUrl: 'http://127.0.0.1:8443', vaultName: 'kf', challengeResource: 'https://vault.azure.net' },
  ])('accepts %o', async (config) => {
    expect(await check(config)).toEqual(config)
  })

  test.each([
    ['vaultUrl', {}],
    ['vaultUrl', { vaultUrl: 'http://payments.vault.azure.net' }],
    ['vaultUrl', { vaultUrl: 'https://payments.vault.azure.net/keys/x' }],
    ['vaultUrl', { vaultUrl: 'https://user:kf-canary@payments.vault.azure.net' }],
    ['vaultUrl', { vaultUrl: 'https://payments.vault.azure.net?' }],
    ['challengeResource', { vaultUrl: 'https://keys.corp.example', vaultName: 'payments' }],
    ['vaultName', { vaultUrl: 'https://keys.corp.example', challengeResource: 'https://vault.azure.net' }],
    ['challengeResource', { vaultUrl: 'https://a.b.vault.azure.net', vaultName: 'a' }],
    ['challengeResource', { vaultUrl: 'https://vault.azure.net', vaultName: 'a' }],
    ['challengeResource', { vaultUrl: 'https://evil-vault.azure.net.example', vaultName: 'a' }],
    ['vaultName', { vaultUrl: 'https://payments.vault.azure.net', vaultName: 'orders' }],
    ['vaultName', { vaultUrl: 'https://payments.vault.azure.net', vaultName: '../x' }],
    ['pinnedKeyType', { vaultUrl: 'https://payments.vault.azure.net', pinnedKeyType: 'oct' }],
    ['credentials.method', { vaultUrl: 'https://payments.vault.azure.net', credentials: { method: 'password' } }],
    ['tls', { vaultUrl: 'http://127.0.0.1:1', vaultName: 'a', challengeResource: 'https://vault.azure.net', tls: {} }],
    [
      'disableChallengeResourceVerification',
      { vaultUrl: 'https://a.vault.azure.net', disableChallengeResourceVerification: true },
    ],
  ])('rejects, with the path "%s", %o', async (path, config) => {
    const error = await rejectionOf(check(config))
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path })
    expect((error as Error).message).not.toContain('kf-canary')
  })

  test('knows the token service of each cloud', () => {
    expect(cloudOf('a.vault.azure.net')?.authorityHost).toBe('https://login.microsoftonline.com')
    expect(cloudOf('a.managedhsm.usgovcloudapi.net')).toEqual({
      resource: 'https://managedhsm.usgovcloudapi.net',
      authorityHost: 'https://login.microsoftonline.us',
    })
    expect(cloudOf('a.vault.azure.cn')?.authorityHost).toBe('https://login.chinacloudapi.cn')
    expect(cloudOf('a.constructor')).toBeUndefined()
  })
})
