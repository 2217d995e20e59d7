import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { isKmsError, isVersionRejection, type Kms, type KmsErrorCode } from '@keyfold/kms-api'

import { codeOf, connect, fixture, ROOT } from './support/connect.ts'
import { FakeVault, type Reply } from './support/fake-vault.ts'

const CONTEXT = { topic: 'orders' }

describe('the requests of each operation', () => {
  it('read a key, make a data key of 256 bits, and decrypt', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    await kms.decryptEdek(kek, edek)
    expect(vault.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/transit/keys/orders',
      'POST /v1/transit/datakey/plaintext/orders',
      'POST /v1/transit/decrypt/orders',
    ])
    expect(vault.requests[1]?.body).toEqual({ bits: 256 })
    expect(Object.keys(vault.requests[2]?.body ?? {})).toEqual(['ciphertext'])
    expect(vault.requests[0]?.headers).toMatchObject({
      'x-vault-token': 'root',
      'x-vault-request': 'true',
      accept: 'application/json',
    })
    expect(vault.requests[0]?.headers).not.toHaveProperty('x-vault-namespace')
  })

  it('go to any mount, with the namespace as a header, but for the health, which namespaces do not have', async () => {
    const { vault, kms } = await fixture({ mount: 'team/orders/transit', namespace: 'org/unit' })
    const kek = await kms.resolveKek('orders')
    expect(kek).toEqual({
      provider: 'vault',
      id: 'team/orders/transit/orders',
      version: '1',
      wrapping: 'authenticated',
    })
    await kms.health?.()
    expect(vault.paths).toEqual(['team/orders/transit/keys/orders', 'sys/health'])
    expect(vault.requests.map(({ headers }) => headers['x-vault-namespace'])).toEqual(['org/unit', undefined])
    expect(vault.requests[1]?.headers).not.toHaveProperty('x-vault-token')
  })

  it('go below the path of the address, where a proxy puts Vault there', async () => {
    const vault = await FakeVault.start()
    vault.script = () => ({ status: 404, body: { errors: [] } })
    const kms = await connect(vault, { address: `${vault.url}/behind/` })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNKNOWN_ALIAS')
    expect(vault.requests[0]?.url).toBe('/behind/v1/transit/keys/orders')
  })

  it('read the key before they encrypt with a context, so that no key is made by mistake', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    vault.keys.delete('orders')
    vault.requests.length = 0
    expect(await codeOf(kms.generateDekPair(kek, { encryptionContext: CONTEXT }))).toBe('KMS_UNKNOWN_KEY')
    expect(vault.paths).toEqual(['transit/keys/orders'])
  })

  it('bind a context as associated data of a DEK that is made here', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    vault.requests.length = 0
    const { edek } = await kms.generateDekPair(kek, { encryptionContext: CONTEXT })
    expect([...edek.subarray(0, 3)]).toEqual([0, 1, 6])
    await kms.decryptEdek(kek, edek, { encryptionContext: CONTEXT })
    expect(vault.paths).toEqual(['transit/keys/orders', 'transit/encrypt/orders', 'transit/decrypt/orders'])
    const encoded = Buffer.from('\x01\x01\x05topic\x06orders', 'latin1').toString('base64')
    expect(vault.requests.slice(1).map(({ body }) => body['associated_data'])).toEqual([encoded, encoded])
    expect(await codeOf(kms.decryptEdek(kek, edek, { encryptionContext: { topic: 'other' } }))).toBe('KMS_INVALID_EDEK')
  })

  it('take the HTTP client that the application puts in, and leave it open', async () => {
    const vault = await FakeVault.start()
    const urls: string[] = []
    let closed = false
    const http = {
      request: ({ url }: { readonly url: URL }) => {
        urls.push(url.pathname)
        return Promise.resolve({ status: 404, headers: {}, body: new TextEncoder().encode('{"errors":[]}') })
      },
      close: () => {
        closed = true
        return Promise.resolve()
      },
    }
    const kms = await connect(vault, {}, { clients: { http } })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNKNOWN_ALIAS')
    await kms.close()
    expect([urls, closed, vault.requests]).toEqual([
      ['/v1/transit/keys/orders', '/v1/sys/internal/ui/mounts/transit'],
      false,
      [],
    ])
  })
})

it('takes nothing else for an HTTP client', async () => {
  const vault = await FakeVault.start()
  for (const http of [null, 'x', {}, { request: 1 }])
    await expect(connect(vault, {}, { clients: { http } })).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'clients.http',
    })
})

describe('kekOf', () => {
  it('gives the key and the version that wrapped an EDEK, without a request', async () => {
    const { vault, kms } = await fixture()
    vault.addKey('payments.eu', { latest_version: 7 })
    const kek = await kms.resolveKek('transit/payments.eu')
    const { edek } = await kms.generateDekPair(kek)
    vault.requests.length = 0
    expect(kms.kekOf(edek)).toEqual(kek)
    expect(kek.version).toBe('7')
    expect(vault.requests).toEqual([])
  })
})

const KEYS: readonly (readonly [string, Record<string, unknown>, KmsErrorCode])[] = [
  ['RSA', { type: 'rsa-4096' }, 'KMS_INVALID_KEY_USAGE'],
  ['128 bits', { type: 'aes128-gcm96' }, 'KMS_INVALID_KEY_USAGE'],
  ['derived', { derived: true }, 'KMS_INVALID_KEY_USAGE'],
  ['convergent', { convergent_encryption: true }, 'KMS_INVALID_KEY_USAGE'],
  [
    'for signatures',
    { type: 'ed25519', supports_encryption: false, supports_decryption: false },
    'KMS_INVALID_KEY_USAGE',
  ],
  ['not for encryption', { supports_encryption: false }, 'KMS_INVALID_KEY_USAGE'],
  ['not for decryption', { supports_decryption: false }, 'KMS_INVALID_KEY_USAGE'],
  ['soft-deleted', { soft_deleted: true }, 'KMS_KEY_UNAVAILABLE'],
  ['of another name', { name: 'other' }, 'KMS_INVALID_RESPONSE'],
  ['without a version', { latest_version: undefined }, 'KMS_INVALID_RESPONSE'],
  ['of version 0', { latest_version: 0 }, 'KMS_INVALID_RESPONSE'],
  ['of a version that is text', { latest_version: '1' }, 'KMS_INVALID_RESPONSE'],
  ['of an inherited type', { type: undefined, __proto__: { type: 'aes256-gcm96' } }, 'KMS_INVALID_KEY_USAGE'],
]

describe('a key', () => {
  it.each(KEYS)('%s is not used, neither for resolving nor for a context', async (_, info, code) => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    vault.addKey('orders', info)
    expect(await codeOf(kms.resolveKek('orders'))).toBe(code)
    expect(await codeOf(kms.generateDekPair(kek, { encryptionContext: CONTEXT }))).toBe(code)
    expect(vault.paths.some((path) => path.includes('encrypt'))).toBe(false)
  })

  it('of type chacha20-poly1305 is used', async () => {
    const { vault, kms } = await fixture()
    vault.addKey('orders', { type: 'chacha20-poly1305' })
    expect((await kms.resolveKek('orders')).id).toBe('transit/orders')
  })
})

const E = (text: string): unknown => ({ errors: [text] })
const ANSWERS: readonly (readonly [string, 'resolveKek' | 'generateDekPair' | 'decryptEdek', Reply, KmsErrorCode])[] = [
  ['an unknown key', 'resolveKek', { status: 404, body: { errors: [] } }, 'KMS_UNKNOWN_ALIAS'],
  [
    'an unknown mount',
    'resolveKek',
    { status: 404, body: E('no handler for route "x/keys/k". route entry not found.') },
    'KMS_CONFIG',
  ],
  [
    'a mount of another engine',
    'resolveKek',
    { status: 404, body: E('1 error occurred:\n\t* unsupported path\n\n') },
    'KMS_CONFIG',
  ],
  ['404 of a proxy', 'resolveKek', { status: 404, body: '<html>' }, 'KMS_INVALID_RESPONSE'],
  ['404 with other words', 'resolveKek', { status: 404, body: E('whatever') }, 'KMS_INVALID_RESPONSE'],
  ['400, which is never "unknown"', 'resolveKek', { status: 400, body: E('whatever') }, 'KMS_INVALID_RESPONSE'],
  ['a deleted key', 'generateDekPair', { status: 400, body: E('encryption key not found') }, 'KMS_UNKNOWN_KEY'],
  ['a deleted key', 'decryptEdek', { status: 400, body: E('encryption key not found') }, 'KMS_UNKNOWN_KEY'],
  [
    'a version below the minimum',
    'decryptEdek',
    { status: 400, body: E('ciphertext or signature version is disallowed by policy (too old)') },
    'KMS_KEY_UNAVAILABLE',
  ],
  [
    'a soft-deleted key',
    'decryptEdek',
    { status: 400, body: E('refusing to use soft-deleted key') },
    'KMS_KEY_UNAVAILABLE',
  ],
  [
    'an EDEK that was tampered with',
    'decryptEdek',
    { status: 400, body: E('cipher: message authentication failed') },
    'KMS_INVALID_EDEK',
  ],
  [
    'an EDEK of a version to come',
    'decryptEdek',
    { status: 400, body: E('invalid ciphertext: version is too new') },
    'KMS_KEY_VERSION_AHEAD',
  ],
  [
    '400 with other words, which is no verdict on an EDEK',
    'decryptEdek',
    { status: 400, body: E('whatever') },
    'KMS_INVALID_RESPONSE',
  ],
  ['400 of a proxy', 'decryptEdek', { status: 400, body: 'Bad Request' }, 'KMS_INVALID_RESPONSE'],
  [
    'a derived key',
    'generateDekPair',
    { status: 400, body: E("missing 'context' for key derivation; the key was created using a derived key") },
    'KMS_INVALID_KEY_USAGE',
  ],
  ['401', 'decryptEdek', { status: 401, body: E('x') }, 'KMS_AUTHENTICATION'],
  [
    '405',
    'decryptEdek',
    { status: 405, body: E('1 error occurred:\n\t* unsupported operation\n\n') },
    'KMS_INVALID_RESPONSE',
  ],
  ['412', 'decryptEdek', { status: 412, body: E('required index state not present') }, 'KMS_UNAVAILABLE'],
  [
    '429 of a quota',
    'decryptEdek',
    { status: 429, body: E('request path "transit/decrypt/k": rate limit quota exceeded') },
    'KMS_THROTTLED',
  ],
  [
    '429 of a standby',
    'decryptEdek',
    { status: 429, body: { initialized: true, sealed: false, standby: true } },
    'KMS_UNAVAILABLE',
  ],
  ['472 of a disaster recovery secondary', 'decryptEdek', { status: 472 }, 'KMS_UNAVAILABLE'],
  ['473 of a performance standby', 'decryptEdek', { status: 473 }, 'KMS_UNAVAILABLE'],
  ['500', 'decryptEdek', { status: 500, body: E('internal error') }, 'KMS_UNAVAILABLE'],
  ['503 while sealed', 'decryptEdek', { status: 503, body: E('Vault is sealed') }, 'KMS_UNAVAILABLE'],
  [
    '307 of a standby that does not forward',
    'decryptEdek',
    { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
    'KMS_UNAVAILABLE',
  ],
  ['302', 'decryptEdek', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'KMS_INVALID_RESPONSE'],
  ['204', 'decryptEdek', { status: 204 }, 'KMS_INVALID_RESPONSE'],
  ['202', 'decryptEdek', { status: 202, body: { data: {} } }, 'KMS_INVALID_RESPONSE'],
  [
    'a wrapped response',
    'generateDekPair',
    { status: 200, body: { data: null, wrap_info: { token: 'x' } } },
    'KMS_INVALID_RESPONSE',
  ],
  [
    'a warning that a parameter was ignored',
    'decryptEdek',
    {
      status: 200,
      body: {
        data: { plaintext: Buffer.alloc(32, 1).toString('base64') },
        warnings: ['Endpoint ignored these unrecognized parameters: [associated_data]'],
      },
    },
    'KMS_INVALID_RESPONSE',
  ],
  [
    'a warning that is no text',
    'decryptEdek',
    { status: 200, body: { data: { plaintext: Buffer.alloc(32, 1).toString('base64') }, warnings: [7] } },
    'KMS_INVALID_RESPONSE',
  ],
  ['no key', 'decryptEdek', { status: 200, body: { data: {} } }, 'KMS_INVALID_RESPONSE'],
  ...[0, 16, 31, 33, 64].map(
    (length) =>
      [
        `a key of ${length} bytes`,
        'decryptEdek',
        { status: 200, body: { data: { plaintext: Buffer.alloc(length, 1).toString('base64') } } },
        'KMS_INVALID_RESPONSE',
      ] as const,
  ),
  [
    'a key in base64 of the web',
    'decryptEdek',
    { status: 200, body: { data: { plaintext: Buffer.alloc(32, 255).toString('base64url') } } },
    'KMS_INVALID_RESPONSE',
  ],
  [
    'a data key of 16 bytes',
    'generateDekPair',
    datakey({ plaintext: Buffer.alloc(16).toString('base64') }),
    'KMS_INVALID_RESPONSE',
  ],
  [
    'a ciphertext that is not canonical',
    'generateDekPair',
    datakey({ ciphertext: `vault:v01:${'A'.repeat(80)}` }),
    'KMS_INVALID_RESPONSE',
  ],
  [
    'a ciphertext of another length',
    'generateDekPair',
    datakey({ ciphertext: `vault:v1:${'A'.repeat(84)}` }),
    'KMS_INVALID_RESPONSE',
  ],
  ['a ciphertext that is no text', 'generateDekPair', datakey({ ciphertext: 7 }), 'KMS_INVALID_RESPONSE'],
  [
    'another version than that of the ciphertext',
    'generateDekPair',
    datakey({ key_version: 2 }),
    'KMS_INVALID_RESPONSE',
  ],
  ['no version', 'generateDekPair', datakey({ key_version: undefined }), 'KMS_INVALID_RESPONSE'],
]

function datakey(wrong: object): Reply {
  return {
    status: 200,
    body: {
      data: {
        ciphertext: `vault:v1:${'A'.repeat(80)}`,
        plaintext: Buffer.alloc(32, 1).toString('base64'),
        key_version: 1,
        ...wrong,
      },
    },
  }
}

describe('an answer', () => {
  it.each(ANSWERS)('%s (%s) is told as it is, and quoted nowhere', async (_, operation, reply, code) => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    vault.script = () => reply
    const calls = {
      resolveKek: () => kms.resolveKek('orders'),
      generateDekPair: () => kms.generateDekPair(kek),
      decryptEdek: () => kms.decryptEdek(kek, edek),
    }
    const error: unknown = await calls[operation]().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(isKmsError(error) ? error.code : error).toBe(code)
    expect(error).toMatchObject({ provider: 'vault', operation })
    for (const word of ['whatever', 'route entry', 'Bad Request', '<html>', 'occurred'])
      expect(JSON.stringify(error) + String(error)).not.toContain(word)
  })

  it('with Retry-After passes that on', async () => {
    const { vault, kms } = await fixture()
    vault.script = () => ({ status: 429, headers: { 'retry-after': '5' }, body: E('rate limit quota exceeded') })
    await expect(kms.resolveKek('orders')).rejects.toMatchObject({
      code: 'KMS_THROTTLED',
      retryAfterMs: 5_000,
      status: 429,
    })
  })

  it('that does not come is a timeout', async () => {
    const { vault, kms } = await fixture({ timeouts: { requestMs: 50 } })
    vault.script = () => ({ status: 200, hang: true })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_TIMEOUT')
  })

  it('with an unrelated warning is one', async () => {
    const { vault, kms } = await fixture()
    vault.script = () => ({
      status: 200,
      body: { data: vault.keys.get('orders')?.info, warnings: ['this version of Vault is old'] },
    })
    expect(await codeOf(kms.resolveKek('orders'))).toBe('success')
  })
})

const HEALTH: readonly (readonly [string, Reply, string, unknown])[] = [
  ['active', { status: 200, body: { initialized: true, sealed: false, standby: false } }, 'ok', undefined],
  ['standby', { status: 429, body: { initialized: true, sealed: false, standby: true } }, 'ok', 'standby'],
  [
    'performance standby',
    { status: 473, body: { initialized: true, sealed: false, standby: true, performance_standby: true } },
    'ok',
    'performance standby',
  ],
  [
    'disaster recovery secondary',
    { status: 472, body: { initialized: true, sealed: false, standby: true } },
    'down',
    'disaster recovery secondary',
  ],
  [
    'standby without an active node',
    { status: 474, body: { initialized: true, sealed: false, standby: true } },
    'down',
    'standby without an active node',
  ],
  [
    'uninitialised',
    { status: 501, body: { initialized: false, sealed: true, standby: true } },
    'down',
    'not initialised',
  ],
  ['sealed', { status: 503, body: { initialized: true, sealed: true, standby: true } }, 'down', 'sealed'],
  [
    'sealed, with a status of its own',
    { status: 200, body: { initialized: true, sealed: true, standby: true } },
    'down',
    'sealed',
  ],
  ['throttled', { status: 429, body: E('rate limit quota exceeded') }, 'degraded', 'rate limited'],
  ['a proxy that is well itself', { status: 200, body: 'OK' }, 'down', 'the response is not one of Vault'],
  [
    'redirecting',
    { status: 307, headers: { location: 'http://127.0.0.1:1' } },
    'down',
    expect.stringContaining('KMS_UNAVAILABLE'),
  ],
  ['silent', { status: 200, hang: true }, 'down', expect.stringContaining('KMS_TIMEOUT')],
]

describe('an error', () => {
  it('names the server, what was attempted, and the permission that is missing', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const pair = await kms.generateDekPair(kek)
    vault.tokens.set('root', false)
    const encryptionContext = { a: 'b' }
    for (const [call, permission, attempt] of [
      [() => kms.resolveKek('orders'), 'read on transit/keys/orders', 'resolving KEK "orders"'],
      [
        () => kms.generateDekPair(kek),
        'update on transit/datakey/plaintext/orders',
        'creating a data key under KEK "transit/orders"',
      ],
      [() => kms.generateDekPair(kek, { encryptionContext }), 'read on transit/keys/orders', 'creating a data key'],
      [() => kms.decryptEdek(kek, pair.edek), 'update on transit/decrypt/orders', 'unwrapping a data key'],
    ] as const) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'KMS_ACCESS_DENIED', endpoint: vault.url, permission })
      expect((error as Error).message).toContain(`vault ${vault.url} denied ${attempt}`)
      expect((error as Error).message).toContain(permission)
    }
  })

  it.each([
    ['sealed', { status: 503, body: E('Vault is sealed') }, 'KMS_UNAVAILABLE'],
    ['standby', { status: 429, body: { standby: true } }, 'KMS_UNAVAILABLE'],
    ['standby', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'KMS_UNAVAILABLE'],
    ['performance_standby', { status: 473 }, 'KMS_UNAVAILABLE'],
    ['required_state_missing', { status: 412 }, 'KMS_UNAVAILABLE'],
    ['rate_limit_quota', { status: 429, body: E('request path "x": rate limit quota exceeded') }, 'KMS_THROTTLED'],
    ['readonly_storage', { status: 500, body: E('cannot write to readonly storage') }, 'KMS_UNAVAILABLE'],
    ['readonly_storage', { status: 400, body: E('cannot write to readonly storage') }, 'KMS_UNAVAILABLE'],
    ['readonly_storage', { status: 403, body: E('cannot write to readonly storage') }, 'KMS_UNAVAILABLE'],
  ] as const)('has a reason: %s (%j)', async (reason, reply, code) => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    vault.script = () => reply
    const error: unknown = await kms.generateDekPair(kek).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code, reason, endpoint: vault.url, retryable: true })
    expect((error as Error).message).toContain(`(${reason})`)
  })

  it('has the code of the cause for a reason, where there was no response', async () => {
    const { kms } = await fixture({ address: 'http://127.0.0.1:1' })
    const error: unknown = await kms.resolveKek('orders').catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', reason: 'ECONNREFUSED', endpoint: 'http://127.0.0.1:1' })
    expect((error as Error).message).toBe(
      'vault http://127.0.0.1:1 is unreachable while resolving KEK "orders": connection refused (ECONNREFUSED)',
    )
  })
})

describe('a key of the mount that an EDEK names', () => {
  it('and that is RSA is the wrong kind of key, and not an outage', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    for (const words of [
      '1 error occurred:\n\t* failed to RSA decrypt the ciphertext: crypto/rsa: decryption error\n\n',
      'failed to RSA decrypt the ciphertext: crypto/rsa: message too long for RSA key size',
    ]) {
      vault.script = () => ({ status: 500, body: E(words) })
      await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({
        code: 'KMS_INVALID_KEY_USAGE',
        retryable: false,
      })
    }
    vault.script = () => ({ status: 500, body: E('internal error') })
    expect(await codeOf(kms.decryptEdek(kek, edek))).toBe('KMS_UNAVAILABLE')
  })

  it.each([
    { type: 'rsa-2048' },
    { type: 'rsa-4096' },
    { type: 'ed25519' },
    { type: 'aes128-gcm96' },
    { type: 'hmac' },
    { derived: true },
  ])('and that wraps no DEKs is not resolved (%j)', async (info) => {
    const { vault, kms } = await fixture()
    vault.addKey('signing', info)
    expect(await codeOf(kms.resolveKek('signing'))).toBe('KMS_INVALID_KEY_USAGE')
  })

  it('and whose version is newer than the server knows is ahead, with the version', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    vault.script = () => ({ status: 400, body: E('invalid ciphertext: version is too new') })
    await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({
      code: 'KMS_KEY_VERSION_AHEAD',
      retryable: false,
      kek: { id: 'transit/orders', version: '1' },
    })
  })

  it.each(['ciphertext or signature version is disallowed by policy (too old)'])(
    'and whose version may not be used any more is a rejection of that version: %s',
    async (words) => {
      const { vault, kms } = await fixture()
      const kek = await kms.resolveKek('orders')
      const { edek } = await kms.generateDekPair(kek)
      vault.script = () => ({ status: 400, body: E(words) })
      const error: unknown = await kms.decryptEdek(kek, edek).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'too-old' })
      expect(isVersionRejection(error)).toBe(true)
    },
  )
})

describe('a mount of another engine', () => {
  it.each(['kv', 'cubbyhole', 'totp', 'pki', 'system'])(
    '(%s) is a configuration error, and no unknown KEK',
    async (type) => {
      const { vault, kms } = await fixture()
      vault.script = ({ url }) =>
        url === '/v1/sys/internal/ui/mounts/transit'
          ? { status: 200, body: { data: { type, path: 'transit/' } } }
          : { status: 404, body: { errors: [] } }
      await expect(kms.resolveKek('orders')).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'mount' })
    },
  )

  it.each([
    ['a Transit engine', { status: 200, body: { data: { type: 'transit' } } }, 'KMS_UNKNOWN_ALIAS'],
    ['a token that may not ask', { status: 403, body: E('permission denied') }, 'KMS_UNKNOWN_ALIAS'],
    ['an outage', { status: 503, body: E('Vault is sealed') }, 'KMS_UNAVAILABLE'],
  ] as const)('is told from %s', async (_, reply, code) => {
    const { vault, kms } = await fixture()
    vault.script = ({ url }) => (url.includes('/internal/ui/') ? reply : undefined)
    expect(await codeOf(kms.resolveKek('absent'))).toBe(code)
  })
})

describe('the health of a server that is', () => {
  it.each(HEALTH)('%s', async (_, reply, status, detail) => {
    const { vault, kms } = await fixture({ timeouts: { requestMs: reply.hang === true ? 20 : 60_000 } })
    vault.script = () => reply
    expect(await kms.health?.()).toEqual({ status, ...(detail !== undefined && { detail }) })
  })

  it('well, while the token cannot be had, is degraded', async () => {
    const vault = await FakeVault.start()
    const kms = await connect(vault, { auth: { method: 'userpass', username: 'alice', password: { value: 'x' } } })
    vault.accepts = () => false
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
    expect(await kms.health?.()).toMatchObject({ status: 'degraded' })
  })

  it('asked while it is closed is an error, and so is every other call that runs', async () => {
    const { vault, kms } = await fixture({ timeouts: { requestMs: 60_000 } })
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    vault.script = () => ({ status: 200, hang: true })
    const received = vault.requests.length
    const running = [kms.health!(), kms.resolveKek('orders'), kms.generateDekPair(kek), kms.decryptEdek(kek, edek)]
    const codes = Promise.all(running.map((each) => codeOf(each)))
    await expect.poll(() => vault.requests.length, { timeout: 20_000 }).toBe(received + 4)
    await kms.close()
    expect(await codes).toEqual(Array.from({ length: 4 }, () => 'KMS_CLOSED'))
    await expect.poll(() => vault.open.size, { timeout: 20_000 }).toBe(0)
  })

  it('asked after "await using" has ended is an error, and no connection is left', async () => {
    const vault = await FakeVault.start()
    let kept: Kms
    {
      await using kms = await connect(vault)
      await kms.resolveKek('orders')
      expect(vault.open.size).toBe(1)
      kept = kms
    }
    await expect.poll(() => vault.open.size, { timeout: 20_000 }).toBe(0)
    expect(await codeOf(Promise.resolve().then(() => kept.health?.()))).toBe('KMS_CLOSED')
  })

  it('asked after it was closed is an error', async () => {
    const { kms } = await fixture()
    await kms.close()
    expect(await codeOf(Promise.resolve().then(() => kms.health?.()))).toBe('KMS_CLOSED')
  })
})

describe('references', () => {
  it.each([
    ['another provider', { provider: 'aws', id: 'transit/orders', wrapping: 'authenticated' }],
    ['another mount', { provider: 'vault', id: 'other/orders', wrapping: 'authenticated' }],
    ['a path', { provider: 'vault', id: 'transit/../../sys/seal', wrapping: 'authenticated' }],
    ['no mount', { provider: 'vault', id: 'orders', wrapping: 'authenticated' }],
  ] as const)('of %s make no request', async (_, kek) => {
    const { vault, kms } = await fixture()
    const { edek } = await kms.generateDekPair(await kms.resolveKek('orders'))
    vault.requests.length = 0
    expect(await codeOf(kms.generateDekPair(kek))).toBe('KMS_UNKNOWN_KEY')
    expect(await codeOf(kms.decryptEdek(kek, edek))).toBe('KMS_KEK_MISMATCH')
    expect(vault.requests).toEqual([])
  })
})

it('keeps connections for calls that follow each other', async () => {
  const vault = await FakeVault.start()
  const kms = await connect(vault, { auth: ROOT })
  for (let i = 0; i < 50; i++) await kms.resolveKek('orders')
  expect(vault.connections).toBeLessThanOrEqual(2)
})
