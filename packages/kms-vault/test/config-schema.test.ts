import { describe, expect, it } from 'vitest'

import provider from '../src/kms-provider.ts'

const TOKEN = { method: 'token', token: { value: 'kf-canary-secret' } }
const RIGHT = { address: 'https://vault.example:8200', auth: TOKEN }

const auth = (method: string, more: object): object => ({ ...RIGHT, auth: { method, ...more } })
const BAD: readonly (readonly [path: string, config: unknown])[] = [
  ['', undefined],
  ['', null],
  ['', 'https://vault.example'],
  ['', []],
  ['address', {}],
  ['auth', { address: RIGHT.address }],
  ['address', { ...RIGHT, address: '' }],
  ['address', { ...RIGHT, address: 'vault.example' }],
  ['address', { ...RIGHT, address: 'ftp://vault.example' }],
  ['address', { ...RIGHT, address: 'file:///x' }],
  ['address', { ...RIGHT, address: 'http://vault.example' }],
  ['address', { ...RIGHT, address: 'http://10.0.0.1:8200' }],
  ['address', { ...RIGHT, address: 'http://localhost.example' }],
  ['address', { ...RIGHT, address: 'https://user:kf-canary-secret@vault.example' }],
  ['address', { ...RIGHT, address: 'https://vault.example/?x=1' }],
  ['address', { ...RIGHT, address: 'https://vault.example/#x' }],
  ['address', { ...RIGHT, address: 7 }],
  ...['/v1', '/v1/', '/v1/transit', '/V1', '/ui', '/ui/vault/secrets', '/proxy/v1', '/proxy/ui/'].map(
    (path) => ['address', { ...RIGHT, address: `https://vault.example:8200${path}` }] as const,
  ),
  ['mount', { ...RIGHT, mount: '' }],
  ['mount', { ...RIGHT, mount: '/transit' }],
  ['mount', { ...RIGHT, mount: 'transit//' }],
  ['mount', { ...RIGHT, mount: '/' }],
  ['mount', { ...RIGHT, mount: 'a//b' }],
  ['mount', { ...RIGHT, mount: '../sys' }],
  ['mount', { ...RIGHT, mount: 'a b' }],
  ['mount', { ...RIGHT, mount: 'a%2fb' }],
  ['mount', { ...RIGHT, mount: ['transit'] }],
  ['namespace', { ...RIGHT, namespace: 'a\r\nX-Vault-Token: x' }],
  ['namespace', { ...RIGHT, namespace: 'a//' }],
  ['namespace', { ...RIGHT, namespace: '/' }],
  ['namespace', { ...RIGHT, namespace: '' }],
  ['adress', { ...RIGHT, adress: 'x' }],
  ['vaultToken', { ...RIGHT, vaultToken: 'kf-canary-secret' }],
  ['skipVerify', { ...RIGHT, skipVerify: true }],
  ['tls.insecure', { ...RIGHT, tls: { insecure: true } }],
  ['tls.rejectUnauthorized', { ...RIGHT, tls: { rejectUnauthorized: false } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: 0 } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: -1 } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: 1.5 } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: 600_001 } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: NaN } }],
  ['timeouts.requestMs', { ...RIGHT, timeouts: { requestMs: '5s' } }],
  ['timeouts.connectMs', { ...RIGHT, timeouts: { connectMs: Infinity } }],
  ['timeouts.total', { ...RIGHT, timeouts: { total: 1 } }],
  ['maxConnections', { ...RIGHT, maxConnections: 0 }],
  ['maxConnections', { ...RIGHT, maxConnections: 10_001 }],
  ['allowInsecure', { ...RIGHT, allowInsecure: 'yes' }],
  ['tls', { ...RIGHT, address: 'http://127.0.0.1:8200', tls: { caFile: 'x' } }],
  ['tls.keyFile', { ...RIGHT, tls: { certFile: 'x' } }],
  ['tls.certFile', { ...RIGHT, tls: { keyFile: 'x' } }],
  ['tls.keyPassphrase', { ...RIGHT, tls: { keyPassphrase: { value: 'kf-canary-secret' } } }],
  ['tls.minVersion', { ...RIGHT, tls: { minVersion: 'TLSv1.1' } }],
  ['tls.minVersion', { ...RIGHT, tls: { minVersion: 'SSLv3' } }],
  ['tls.serverName', { ...RIGHT, tls: { serverName: '' } }],
  ['tls.caFile', { ...RIGHT, tls: { caFile: '' } }],
  ['auth', { ...RIGHT, auth: 'kf-canary-secret' }],
  ['auth.method', auth('ldap', {})],
  ['auth.method', { ...RIGHT, auth: { token: { value: 'kf-canary-secret' } } }],
  ['auth.token', auth('token', {})],
  ['auth.token', auth('token', { token: 'kf-canary-secret' })],
  ['auth.token.value', auth('token', { token: { value: '' } })],
  ['auth.token', auth('token', { token: { value: 'kf-canary-secret', file: 'x' } })],
  ['auth.token', auth('token', { token: {} })],
  ['auth.renew', auth('token', { token: { value: 'kf-canary-secret' }, renew: 'no' })],
  ['auth.role', auth('token', { token: { value: 'kf-canary-secret' }, role: 'x' })],
  ['auth.roleId', auth('approle', {})],
  ['auth.secretId', auth('approle', { roleId: { value: 'r' }, wrapped: true })],
  ['auth.secretId', auth('approle', { roleId: { value: 'r' }, secretId: 'kf-canary-secret' })],
  ['auth.mount', auth('approle', { roleId: { value: 'r' }, mount: 'a/../b' })],
  ['auth.role', auth('kubernetes', {})],
  ['auth.role', auth('kubernetes', { role: '' })],
  ['auth.jwt', auth('kubernetes', { role: 'r', jwt: 'kf-canary-secret' })],
  ['auth.jwt', auth('jwt', {})],
  ['auth.username', auth('userpass', { password: { value: 'kf-canary-secret' } })],
  ['auth.username', auth('userpass', { username: '../../sys/seal', password: { value: 'kf-canary-secret' } })],
  ['auth.username', auth('userpass', { username: 'a/b', password: { value: 'kf-canary-secret' } })],
  ['auth.password', auth('userpass', { username: 'a' })],
  ['tls.certFile', auth('cert', {})],
]

const GOOD: readonly (readonly [string, object])[] = [
  ['https', RIGHT],
  ['http to this machine', { ...RIGHT, address: 'http://127.0.0.1:8200' }],
  ['http to this machine by name', { ...RIGHT, address: 'http://localhost:8200' }],
  ['http elsewhere, when it says so', { ...RIGHT, address: 'http://vault.example', allowInsecure: true }],
  ['a path of a proxy', { ...RIGHT, address: 'https://proxy.example/vault' }],
  ['a path that only begins like those of Vault', { ...RIGHT, address: 'https://proxy.example/v1-kms/ui2/' }],
  ['a slash at the end, as Vault writes it', { ...RIGHT, mount: 'team/transit/', namespace: 'admin/' }],
  [
    'everything',
    {
      ...RIGHT,
      mount: 'a/b',
      namespace: 'n/m',
      tls: { serverName: 'vault', minVersion: 'TLSv1.3' },
      timeouts: { requestMs: 1, connectMs: 600_000 },
      maxConnections: 1,
    },
  ],
]

describe('the configuration', () => {
  it.each(BAD)(
    'that is wrong at "%s" is KMS_CONFIG with that path, and quotes no secret (%#)',
    async (path, config) => {
      const error: unknown = await Promise.resolve(provider.create(config as never, { baseDirectory: '/' })).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'KMS_CONFIG', operation: 'create' })
      expect((error as { readonly path: string }).path).toBe(path)
      expect(JSON.stringify(error) + String(error)).not.toContain('canary')
    },
  )

  it.each(GOOD)('of %s is right', async (_, config) => {
    const kms = await provider.create(config as never, { baseDirectory: '/' })
    await kms.close()
  })

  it('says where the path of an address belongs', async () => {
    const config = { ...RIGHT, address: 'https://vault.example:8200/v1/transit' }
    await expect(provider.create(config as never, { baseDirectory: '/' })).rejects.toThrow(
      '"address" expected the URL without "/v1" or "/ui" and what follows; the path of the engine belongs in "mount"',
    )
  })

  it('is described as JSON Schema', () => {
    for (const target of ['draft-2020-12', 'draft-07'] as const) {
      expect(provider.configSchema['~standard'].jsonSchema.input({ target })).toMatchObject({
        type: 'object',
        required: ['address', 'auth'],
        additionalProperties: false,
      })
    }
  })
})
