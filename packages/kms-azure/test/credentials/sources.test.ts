import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { createHttpClient, type HttpClient } from '@keyfold/kms-api/provider-kit'

import type { AzureKmsConfig } from '../../src/config-schema.ts'
import provider from '../../src/kms-provider.ts'
import { configOf } from '../support/key-vault-facade.ts'
import { rejectionOf, withVault } from '../support/with-vault.ts'

const vault = withVault({ kind: 'vault' })

afterEach(() => {
  vi.unstubAllEnvs()
})

/** MSAL accepts authorities with https only, so requests for tokens are turned towards the server here. */
async function turned(): Promise<HttpClient> {
  const http = await createHttpClient({ timeoutMs: 5_000, connectMs: 2_000 })
  return {
    request: ({ url, ...rest }) =>
      http.request({
        ...rest,
        url: url.protocol === 'https:' ? new URL(url.pathname + url.search, vault.server.url) : url,
      }),
    close: () => http.close(),
  }
}

async function resolves(credentials: AzureKmsConfig['credentials']): Promise<string> {
  vault.server.keys.create('payments', { type: 'RSA' })
  vault.server.identity.origin = 'https://login.test'
  const http = await turned()
  const config = {
    ...configOf(vault.server, vault.server.url),
    credentials,
    authorityHost: 'https://login.test',
    disableInstanceDiscovery: true,
  }
  const kms = await provider.create(config, { baseDirectory: tmpdir(), clients: { http } })
  try {
    return (await kms.resolveKek('payments')).id
  } finally {
    await kms.close()
    await http.close()
  }
}

describe('a token', () => {
  test('of a managed identity', async () => {
    vi.stubEnv('IDENTITY_ENDPOINT', `${vault.server.url}/msi/token`)
    vi.stubEnv('IDENTITY_HEADER', 'kf')
    expect(await resolves({ method: 'managedIdentity' })).toBe('kf/payments')
    expect(vault.server.identity.requests).toBe(1)
  })

  test('of a client secret', async () => {
    const { tenantId, clientId, clientSecret } = vault.server.identity
    expect(await resolves({ method: 'clientSecret', tenantId, clientId, clientSecret: { value: clientSecret } })).toBe(
      'kf/payments',
    )
  })

  test('of a workload identity', async () => {
    const { tenantId, clientId, assertion } = vault.server.identity
    const folder = mkdtempSync(join(tmpdir(), 'kf-azure-'))
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, assertion)
    expect(await resolves({ method: 'workloadIdentity', tenantId, clientId, tokenFile })).toBe('kf/payments')
    rmSync(folder, { recursive: true })
  })

  test('of a wrong client secret is KMS_AUTHENTICATION, and the error does not show the secret', async () => {
    const { tenantId, clientId } = vault.server.identity
    const wrong = {
      method: 'clientSecret',
      tenantId,
      clientId,
      clientSecret: { value: 'kf-canary-wrong-secret' },
    } as const
    const error = await rejectionOf(resolves(wrong))
    expect(error).toMatchObject({ code: 'KMS_AUTHENTICATION', retryable: false })
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('kf-canary')
  })

  test.each([
    [500, 'KMS_UNAVAILABLE'],
    [503, 'KMS_UNAVAILABLE'],
    [429, 'KMS_THROTTLED'],
  ])('of a token service that responds %i is %s, and the request is not repeated', async (status, code) => {
    vault.server.identity.failWith = status
    const { tenantId, clientId, clientSecret } = vault.server.identity
    const error = await rejectionOf(
      resolves({ method: 'clientSecret', tenantId, clientId, clientSecret: { value: clientSecret } }),
    )
    expect(error).toMatchObject({ code, retryable: true })
    expect(vault.server.identity.requests).toBe(1)
  })

  test('of a credential of the application that throws, hangs or gives none fails with an error of the contract', async () => {
    const credentials = [
      { getToken: () => Promise.reject(new Error('kf-canary-secret')) },
      { getToken: () => Promise.resolve(null) },
      { getToken: () => Promise.resolve({ token: 'line\nbreak', expiresOnTimestamp: 4e12 }) },
    ]
    for (const credential of credentials) {
      const kms = await vault.connect({}, undefined, { clients: { credential } })
      const error = await rejectionOf(kms.resolveKek('payments'))
      expect(error).toMatchObject({ code: 'KMS_AUTHENTICATION' })
      expect(String((error as Error).stack)).not.toContain('kf-canary')
    }
    const hangs = { getToken: () => new Promise(() => undefined) }
    const kms = await vault.connect({ timeouts: { requestMs: 300 } }, undefined, { clients: { credential: hangs } })
    expect(await rejectionOf(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_TIMEOUT' })
  })

  test('is renewed while the old one is valid, and a failure of that is not noticed', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    let calls = 0
    const credential = {
      getToken: () => {
        calls++
        if (calls > 1) return Promise.reject(new Error('down'))
        return Promise.resolve({
          token: vault.server.identity.issue(),
          expiresOnTimestamp: Date.now() + 60_000,
          refreshAfterTimestamp: Date.now(),
        })
      },
    }
    const kms = await vault.connect({}, undefined, { clients: { credential } })
    for (let i = 0; i < 5; i++) expect((await kms.resolveKek('payments')).id).toBe('kf/payments')
    expect(calls).toBe(2)
  })
})
