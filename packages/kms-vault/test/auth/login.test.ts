import type * as FsPromises from 'node:fs/promises'
import { rm, writeFile } from 'node:fs/promises'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { isKmsError } from '@keyfold/kms-api'

import type { AuthConfig } from '../../src/index.ts'
import { codeOf, connect } from '../support/connect.ts'
import { FakeVault } from '../support/fake-vault.ts'
import { writeSecret } from '../support/write-secret.ts'

/** Stands for the file that Kubernetes mounts: in a pod, that is there, and nobody but its server may see it. */
const serviceAccount = vi.hoisted(() => ({ file: '', opened: [] as unknown[] }))

vi.mock('node:fs/promises', async (load: () => Promise<typeof FsPromises>) => {
  const original = await load()
  return {
    ...original,
    open: (file: string, flags: string) => {
      if (!file.startsWith('/var/run/secrets/')) return original.open(file, flags)
      serviceAccount.opened.push(file)
      return original.open(serviceAccount.file, flags)
    },
  }
})

const METHODS: readonly (readonly [string, AuthConfig, string, Readonly<Record<string, string>>])[] = [
  [
    'AppRole',
    { method: 'approle', roleId: { value: 'r' }, secretId: { value: 's' } },
    'auth/approle/login',
    { role_id: 'r', secret_id: 's' },
  ],
  [
    'AppRole without a secret id',
    { method: 'approle', roleId: { value: 'r' } },
    'auth/approle/login',
    { role_id: 'r' },
  ],
  [
    'AppRole at another mount',
    { method: 'approle', mount: 'ci', roleId: { value: 'r' } },
    'auth/ci/login',
    { role_id: 'r' },
  ],
  [
    'Kubernetes',
    { method: 'kubernetes', role: 'producer', jwt: { value: 'j' } },
    'auth/kubernetes/login',
    { role: 'producer', jwt: 'j' },
  ],
  ['JWT', { method: 'jwt', role: 'ci', jwt: { value: 'j' } }, 'auth/jwt/login', { role: 'ci', jwt: 'j' }],
  ['JWT with the default role', { method: 'jwt', jwt: { value: 'j' } }, 'auth/jwt/login', { jwt: 'j' }],
  [
    'userpass',
    { method: 'userpass', username: 'alice.smith@x', password: { value: 'p' } },
    'auth/userpass/login/alice.smith@x',
    { password: 'p' },
  ],
]

describe('logging in', () => {
  it.each(METHODS)('with %s happens once, at the first call, and is undone at the end', async (_, auth, path, body) => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, { auth, namespace: 'team' })
    expect(vault.requests).toEqual([])
    await Promise.all(Array.from({ length: 20 }, () => kms.resolveKek('orders')))
    expect(vault.paths.filter((each) => each.startsWith('auth/'))).toEqual([path])
    expect(vault.requests[0]).toMatchObject({ method: 'POST', body, headers: { 'x-vault-namespace': 'team' } })
    expect(vault.requests[0]?.headers).not.toHaveProperty('x-vault-token')
    await kms.close()
    expect(vault.revoked).toEqual(['hvs.kf-canary-1'])
  })

  it('reads files anew each time', async () => {
    const vault = await FakeVault.start()
    const file = await writeSecret('one\n')
    const kms = await connect(vault, { auth: { method: 'jwt', jwt: { file } } })
    await kms.resolveKek('orders')
    await writeFile(file, 'two')
    vault.tokens.clear()
    await kms.resolveKek('orders')
    expect(vault.requests.filter(({ url }) => url.endsWith('login')).map(({ body }) => body['jwt'])).toEqual([
      'one',
      'two',
    ])
  })

  it('takes the token of the service account where Kubernetes puts it', async () => {
    const vault = await FakeVault.start()
    serviceAccount.file = await writeSecret('the-token-of-a-pod\n')
    const kms = await connect(vault, { auth: { method: 'kubernetes', role: 'producer' } })
    await kms.resolveKek('orders')
    expect(serviceAccount.opened).toEqual(['/var/run/secrets/kubernetes.io/serviceaccount/token'])
    expect(vault.requests[0]?.body).toEqual({ role: 'producer', jwt: 'the-token-of-a-pod' })
  })

  it.each([
    ['a refusal', { status: 400, body: { errors: ['invalid role or secret ID'] } }, 'KMS_AUTHENTICATION'],
    ['a denial', { status: 403, body: { errors: ['permission denied'] } }, 'KMS_AUTHENTICATION'],
    ['an unknown mount', { status: 404, body: { errors: ['no handler for route'] } }, 'KMS_AUTHENTICATION'],
    [
      'a token that is none',
      { status: 200, body: { auth: { client_token: 'a\nb', lease_duration: 1 } } },
      'KMS_AUTHENTICATION',
    ],
    [
      'a lease that is none',
      { status: 200, body: { auth: { client_token: 'a', lease_duration: 'x' } } },
      'KMS_AUTHENTICATION',
    ],
    ['no body', { status: 200 }, 'KMS_AUTHENTICATION'],
    ['a quota', { status: 429, body: { errors: ['rate limit quota exceeded'] } }, 'KMS_THROTTLED'],
    ['a seal', { status: 503, body: { errors: ['Vault is sealed'] } }, 'KMS_UNAVAILABLE'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'KMS_UNAVAILABLE'],
    ['silence', { status: 200, hang: true }, 'KMS_TIMEOUT'],
  ] as const)('that meets %s is told as it is, and as the operation that needed it', async (_, reply, code) => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, {
      auth: { method: 'userpass', username: 'alice', password: { value: 'kf-canary' } },
      timeouts: { requestMs: 100 },
    })
    vault.script = ({ url }) => (url.includes('/login') ? reply : undefined)
    const error: unknown = await kms.resolveKek('orders').then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(isKmsError(error) ? [error.code, error.operation] : error).toEqual([code, 'resolveKek'])
  })

  it('is not repeated for 5 s when it was refused, because Vault locks users out', async () => {
    const vault = await FakeVault.start()
    vault.accepts = () => false
    const kms = await connect(vault, { auth: { method: 'userpass', username: 'alice', password: { value: 'wrong' } } })
    for (let i = 0; i < 30; i++) expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
    expect(vault.requests.length).toBe(1)
  })
})

describe('a wrapped secret id', () => {
  async function wrapped(creationPath = 'auth/approle/role/producer/secret-id', token = 'wrapping-1') {
    const vault = await FakeVault.start()
    const file = await writeSecret(token)
    let unwrapped = 0
    vault.script = ({ url, headers, body }) => {
      if (url.endsWith('wrapping/lookup'))
        return { status: 200, body: { data: { creation_path: creationPath, token: body['token'] } } }
      if (!url.endsWith('wrapping/unwrap')) return undefined
      unwrapped++
      return { status: 200, body: { data: { secret_id: `secret-of-${String(headers['x-vault-token'])}` } } }
    }
    const kms = await connect(vault, {
      auth: { method: 'approle', roleId: { value: 'role' }, secretId: { file }, wrapped: true },
    })
    return { vault, kms, file, unwrapped: () => unwrapped }
  }

  it('is unwrapped once, and used for later logins', async () => {
    const { vault, kms, unwrapped } = await wrapped()
    await kms.resolveKek('orders')
    vault.tokens.clear()
    await kms.resolveKek('orders')
    expect(unwrapped()).toBe(1)
    expect(vault.requests.filter(({ url }) => url.endsWith('login')).map(({ body }) => body['secret_id'])).toEqual([
      'secret-of-wrapping-1',
      'secret-of-wrapping-1',
    ])
  })

  it('is replaced when there is another wrapping token', async () => {
    const { vault, kms, file } = await wrapped()
    await kms.resolveKek('orders')
    await writeFile(file, 'wrapping-2')
    vault.tokens.clear()
    await kms.resolveKek('orders')
    expect(vault.requests.findLast(({ url }) => url.endsWith('login'))?.body['secret_id']).toBe('secret-of-wrapping-2')
  })

  it.each([
    'cubbyhole/response',
    'auth/other/role/producer/secret-id',
    'auth/approle/role/a/b/secret-id',
    'auth/approle/role/producer/secret-id/x',
    'sys/wrapping/wrap',
  ])('of %s is not unwrapped: somebody else wrapped it', async (creationPath) => {
    const { kms, unwrapped } = await wrapped(creationPath)
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
    expect(unwrapped()).toBe(0)
  })
})

describe('a token that is refused', () => {
  it('is replaced once for all calls that met it, and none is lost', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, { auth: { method: 'approle', roleId: { value: 'role' } } })
    const kek = await kms.resolveKek('orders')
    vault.requests.length = 0
    vault.tokens.clear()
    await Promise.all(Array.from({ length: 50 }, () => kms.generateDekPair(kek)))
    expect(vault.paths.filter((path) => path.endsWith('login'))).toHaveLength(1)
  })

  it('but is known lacks a permission: no other is asked for', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, { auth: { method: 'approle', roleId: { value: 'role' } } })
    await kms.resolveKek('orders')
    for (const token of vault.tokens.keys()) vault.tokens.set(token, false)
    vault.requests.length = 0
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_ACCESS_DENIED')
    expect(vault.paths).toEqual(['transit/keys/orders', 'auth/token/lookup-self'])
  })

  it('and may not even ask about itself is known nevertheless, by the words of the server', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault)
    vault.script = () => ({ status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_ACCESS_DENIED')
  })

  it.each(['permission denied', '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'])(
    'as unknown (%j), and given, is an authentication that fails',
    async (words) => {
      const vault = await FakeVault.start()
      const kms = await connect(vault)
      vault.script = () => ({ status: 403, body: { errors: [words] } })
      expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
      expect(vault.requests.length).toBe(2)
    },
  )

  it('while nobody can be asked about it is an outage', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault)
    vault.script = ({ url }) =>
      url.endsWith('lookup-self') ? { status: 503 } : { status: 403, body: { errors: ['permission denied'] } }
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
  })

  it('and stands in a file is read again', async () => {
    const vault = await FakeVault.start()
    vault.tokens.set('second', true)
    const file = await writeSecret('root')
    const kms = await connect(vault, { auth: { method: 'token', token: { file } } })
    await kms.resolveKek('orders')
    await writeFile(file, 'second\n')
    vault.tokens.delete('root')
    await kms.resolveKek('orders')
    expect(vault.requests.at(-1)?.headers['x-vault-token']).toBe('second')
    await rm(file)
    await kms.resolveKek('orders')
    await kms.close()
    expect(vault.revoked).toEqual([])
  })

  it('and stands in a variable is read again', async () => {
    const vault = await FakeVault.start()
    vi.stubEnv('KF_TEST_TOKEN', 'root')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const kms = await connect(vault, { auth: { method: 'token', token: { env: 'KF_TEST_TOKEN' } } })
    await kms.resolveKek('orders')
    vi.stubEnv('KF_TEST_TOKEN', vault.newToken())
    vault.tokens.delete('root')
    expect(await codeOf(kms.resolveKek('orders'))).toBe('success')
  })
})

describe('a token that is given', () => {
  it('is asked about once, and renewed where it can be', async () => {
    const vault = await FakeVault.start()
    vault.ttl = 1
    const kms = await connect(vault, { auth: { method: 'token', token: { value: 'root' } } })
    await kms.resolveKek('orders')
    await vi.waitFor(() => {
      expect(vault.paths).toContain('auth/token/renew-self')
    })
    expect(vault.paths.slice(0, 2)).toEqual(['auth/token/lookup-self', 'transit/keys/orders'])
  })

  it('that may not ask about itself is used as it is', async () => {
    const vault = await FakeVault.start()
    vault.script = ({ url }) =>
      url.endsWith('lookup-self')
        ? { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } }
        : undefined
    const kms = await connect(vault, { auth: { method: 'token', token: { value: 'root' } } })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('success')
  })

  it('during an outage is an outage', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, {
      address: 'http://127.0.0.1:1',
      auth: { method: 'token', token: { value: 'root' } },
    })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
  })

  it('with a line feed in it is a mistake of the configuration', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, { auth: { method: 'token', token: { value: 'a\nX-Injected: 1' } } })
    await expect(kms.resolveKek('orders')).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'auth.token' })
    expect(vault.requests).toEqual([])
  })
})

describe('a renewal in the background that fails', () => {
  it('is logged without the token, and shows in the health', async () => {
    const vault = await FakeVault.start()
    const lines: unknown[] = []
    const note = (...line: unknown[]): void => {
      lines.push(line)
    }
    const kms = await connect(
      vault,
      { auth: { method: 'approle', roleId: { value: 'role' } } },
      { logger: { debug: note, info: note, warn: note, error: note } },
    )
    vault.ttl = 1
    await kms.resolveKek('orders')
    vault.script = ({ url }) => (url.startsWith('/v1/auth/') ? { status: 503 } : undefined)
    await vi.waitFor(() => {
      expect(lines).toHaveLength(1)
    })
    expect(JSON.stringify(lines)).not.toContain('canary')
    expect(await kms.health?.()).toMatchObject({ status: 'degraded' })
  })
})
