import { KeyClient } from '@azure/keyvault-keys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { createHttpClient, type HttpClient } from '@keyfold/kms-api/provider-kit'

import { identityTransport } from '../src/credentials/identity-transport.ts'
import { fromClient } from '../src/from-client.ts'
import provider from '../src/kms-provider.ts'
import { credentialOf } from './support/key-vault-facade.ts'
import { rejectionOf, withVault } from './support/with-vault.ts'

const VAULT_URL = 'https://kf.vault.azure.net'

describe('a KeyClient of the application, with its own policies', () => {
  const vault = withVault({ kind: 'vault' })
  let http: HttpClient
  let keys: KeyClient
  let kms: Kms

  beforeEach(async () => {
    http = await createHttpClient({ timeoutMs: 5_000, connectMs: 2_000 })
    const turned: HttpClient = {
      request: ({ url, ...rest }) =>
        http.request({ ...rest, url: new URL(url.pathname + url.search, vault.server.url) }),
      close: () => http.close(),
    }
    const httpClient = identityTransport(turned, () => ({}))
    keys = new KeyClient(VAULT_URL, credentialOf(vault.server), { httpClient, retryOptions: { maxRetries: 0 } })
    kms = await fromClient(keys)
    vault.server.keys.create('payments', { type: 'RSA' })
  })

  afterEach(async () => {
    await kms.close()
    await http.close()
  })

  test('resolves, wraps and unwraps, and one request each is sent', async () => {
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    ;(await kms.decryptEdek(kek, edek)).destroy()
    expect(vault.operations()).toEqual(['GET', 'wrapkey', 'unwrapkey'])
    expect(vault.server.bodiesWithoutToken).toEqual([])
  })

  test('decrypts with an expired key, which the SDK itself rejects', async () => {
    const { attributes } = vault.server.keys.find('payments').version
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    attributes.exp = 1
    ;(await kms.decryptEdek(kek, edek)).destroy()
  })

  test.each([
    [403, '', 'KMS_ACCESS_DENIED'],
    [503, '', 'KMS_UNAVAILABLE'],
    [429, '', 'KMS_THROTTLED'],
    [200, 'kf-canary', 'KMS_INVALID_RESPONSE'],
    [200, '{}', 'KMS_INVALID_RESPONSE'],
    [404, '{"error":{"code":"KeyNotFound","message":"kf-canary"}}', 'KMS_KEY_UNAVAILABLE'],
    [403, '{"error":{"code":"Forbidden","innererror":{"code":"KeyDisabled"}}}', 'KMS_KEY_UNAVAILABLE'],
    [400, '{"error":{"code":"BadParameter","message":"kf-canary"}}', 'KMS_INVALID_EDEK'],
  ])('a response of %i with %o to an unwrap is %s, whatever the SDK throws', async (status, body, code) => {
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    vault.server.faults.push({ status, body })
    const error = await rejectionOf(kms.decryptEdek(kek, edek))
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('kf-canary')
  })

  test('is taken as clients.keys, for its own vault alone', async () => {
    const context = { baseDirectory: '.', clients: { keys } }
    const own = await provider.create({ vaultUrl: VAULT_URL }, context)
    expect((await own.resolveKek('payments')).id).toBe('kf/payments')
    await own.close()
    for (const [config, path] of [
      [{ vaultUrl: 'https://other.vault.azure.net' }, 'vaultUrl'],
      [{ vaultUrl: VAULT_URL, maxConnections: 3 }, 'maxConnections'],
    ] as const)
      expect(await rejectionOf(provider.create(config, context))).toMatchObject({ code: 'KMS_CONFIG', path })
  })

  test('is checked: what is no KeyClient is rejected', async () => {
    expect(await rejectionOf(fromClient({} as never))).toMatchObject({ code: 'KMS_CONFIG', path: 'clients.keys' })
  })
})
