import { Buffer } from 'node:buffer'
import { createPublicKey, publicEncrypt } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { isKmsError, isVersionRejection, type KeyUnavailableError } from '@keyfold/kms-api'

import { decodeEdek, encodeEdek } from '../src/edek.ts'
import { rejectionOf, withVault } from './support/with-vault.ts'

const SECOND = 1_000

describe('Key Vault', () => {
  const vault = withVault({ kind: 'vault' })

  test('wraps remotely with RSA-OAEP-256, and names the version that wrapped', async () => {
    const { version } = vault.server.keys.create('payments', { type: 'RSA-HSM' }).version
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    expect(kek).toEqual({ provider: 'azure', id: 'kf/payments', version, wrapping: 'public-key' })
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    expect(decodeEdek(edek)).toMatchObject({
      keyName: 'payments',
      vaultName: 'kf',
      keyType: 'RSA-HSM',
      keyVersion: version,
    })
    expect(kms.kekOf(edek)).toEqual(kek)
    ;(await kms.decryptEdek(kek, edek)).destroy()
    expect(vault.operations()).toEqual(['GET', 'wrapkey', 'unwrapkey'])
    expect(new Set(vault.server.requests.map(({ alg }) => alg))).toEqual(new Set([undefined, 'RSA-OAEP-256']))
  })

  test('decrypts and encrypts without keys/get: a consumer and a producer need their one permission', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kek = await (await vault.connect()).resolveKek('payments')
    const { dek, edek } = await (await vault.connect({}, ['wrapKey'])).generateDekPair(kek)
    dek.destroy()
    ;(await (await vault.connect({}, ['unwrapKey'])).decryptEdek(kek, edek)).destroy()
    expect(vault.operations()).toEqual(['GET', 'wrapkey', 'unwrapkey'])
  })

  test('resolves a full URL with a version without a request, if the configuration says the type of the key', async () => {
    const { version } = vault.server.keys.create('payments', { type: 'RSA' }).version
    const kms = await vault.connect({ pinnedKeyType: 'RSA' }, ['wrapKey'])
    const kek = await kms.resolveKek(`https://kf.vault.azure.net/keys/payments/${version}`)
    const { dek } = await kms.generateDekPair(kek)
    dek.destroy()
    expect(vault.operations()).toEqual(['wrapkey'])
  })

  test('keeps a pinned version after a rotation, and follows the newest otherwise', async () => {
    const first = vault.server.keys.create('payments', { type: 'RSA' }).version.version
    const second = vault.server.keys.rotate('payments').version.version
    const kms = await vault.connect()
    expect((await kms.resolveKek(`payments/${first}`)).version).toBe(first)
    expect((await kms.resolveKek('payments')).version).toBe(second)
    expect((await kms.resolveKek(`https://kf.vault.azure.net/keys/payments/${first}`)).version).toBe(first)
  })

  test.each([
    'https://other.vault.azure.net/keys/payments',
    'https://kf.vault.azure.net.example/keys/payments',
    'https://kf.vault.azure.net@example/keys/payments',
    'https://kf.vault.azure.net/secrets/payments',
    'https://kf.vault.azure.net/keys/payments/latest',
    'other/payments',
    'pay_ments',
    'a'.repeat(128),
  ])('rejects the selector %s without a request', async (selector) => {
    const kms = await vault.connect()
    expect(await rejectionOf(kms.resolveKek(selector))).toMatchObject({ code: 'KMS_CONFIG', path: 'kekSelector' })
    expect(vault.server.requests).toEqual([])
  })

  test('rejects a name that differs from the name of the key in case alone', async () => {
    vault.server.keys.create('Payments', { type: 'RSA' })
    const kms = await vault.connect()
    expect((await kms.resolveKek('Payments')).id).toBe('kf/Payments')
    const error = await rejectionOf(kms.resolveKek('payments'))
    expect(error).toMatchObject({ code: 'KMS_CONFIG' })
    expect((error as Error).message).toContain('ignores case')
  })

  test('rejects an encryption context when the KEK is resolved, not at the first record', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const error = await rejectionOf(kms.resolveKek('payments', { encryptionContext: { topic: 'payments' } }))
    expect(error).toMatchObject({ code: 'KMS_CONTEXT_UNSUPPORTED', retryable: false })
  })

  test('an expired key still decrypts, and does not encrypt', async () => {
    const { attributes } = vault.server.keys.create('payments', { type: 'RSA' }).version
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    attributes.exp = Math.floor(Date.now() / SECOND) - 10
    ;(await kms.decryptEdek(kek, edek)).destroy()
    expect(await rejectionOf(kms.generateDekPair(kek))).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'expired' })
    expect(await rejectionOf(kms.resolveKek('payments'))).toMatchObject({
      code: 'KMS_KEY_UNAVAILABLE',
      state: 'expired',
    })
  })

  test.each([
    ['disabled', { enabled: false }],
    ['not-yet-valid', { nbf: 4_000_000_000 }],
  ])('says of a key that cannot be used that it is %s', async (state, change) => {
    const { attributes } = vault.server.keys.create('payments', { type: 'RSA' }).version
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    Object.assign(attributes, change)
    expect(await rejectionOf(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state })
    expect(await rejectionOf(kms.generateDekPair(kek))).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state })
  })

  test('tells a deleted key that can be recovered from one that is gone, and decrypts again after a recovery', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    vault.server.keys.delete('payments')
    const deleted = await rejectionOf(kms.resolveKek('payments'))
    expect(deleted).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'pending-deletion' })
    expect((deleted as KeyUnavailableError).message).toContain('az keyvault key recover')
    vault.server.keys.recover('payments')
    ;(await kms.decryptEdek(kek, edek)).destroy()
    vault.server.keys.delete('payments')
    vault.server.keys.purge('payments')
    expect(await rejectionOf(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(await rejectionOf(kms.generateDekPair(kek))).toMatchObject({ code: 'KMS_UNKNOWN_KEY' })
  })

  test('says which operations a key lacks', async () => {
    vault.server.keys.create('payments', { type: 'RSA', operations: ['sign', 'verify'] })
    const error = await rejectionOf((await vault.connect()).resolveKek('payments'))
    expect(error).toMatchObject({ code: 'KMS_INVALID_KEY_USAGE' })
    expect((error as Error).message).toContain('wrapKey and unwrapKey')
  })

  test('a version that is gone or disabled is about that version alone, and costs one request', async () => {
    const { version } = vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new Error('an EDEK was expected')
    const before = vault.server.requests.length
    const gone = await rejectionOf(kms.decryptEdek(kek, encodeEdek({ ...fields, keyVersion: 'f'.repeat(32) })))
    expect(isVersionRejection(gone)).toBe(true)
    version.attributes.enabled = false
    const disabled = await rejectionOf(kms.decryptEdek(kek, edek))
    expect(isVersionRejection(disabled)).toBe(true)
    expect(vault.server.requests.length - before).toBe(2)
    expect(gone).toMatchObject({ state: 'version-unavailable', retryable: false })
  })

  test('a version that may not unwrap is about that version alone, whatever the current one may', async () => {
    const old = vault.server.keys.create('payments', { type: 'RSA', operations: ['sign', 'verify'] }).version
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new Error('an EDEK was expected')
    const forged = encodeEdek({ ...fields, keyVersion: old.version })
    expect(isVersionRejection(await rejectionOf(kms.decryptEdek(kek, forged)))).toBe(true)
    ;(await kms.decryptEdek(kek, edek)).destroy()
  })

  test.each([0, 16, 31, 32, 33, 64])(
    'takes %i zeros that somebody wrapped with the public key for a bad EDEK',
    async (length) => {
      const { version } = vault.server.keys.create('payments', { type: 'RSA' })
      if (Buffer.isBuffer(version.secret)) throw new Error('an RSA key was expected')
      const kms = await vault.connect()
      const kek = await kms.resolveKek('payments')
      const key = createPublicKey(version.secret.export({ type: 'pkcs8', format: 'pem' }))
      const wrapped = publicEncrypt({ key, oaepHash: 'sha256' }, Buffer.alloc(length))
      const named = { keyName: 'payments', vaultName: 'kf', keyVersion: version.version, keyType: 'RSA' } as const
      const error = await rejectionOf(kms.decryptEdek(kek, encodeEdek({ ...named, wrapped: new Uint8Array(wrapped) })))
      expect(error).toMatchObject({ code: 'KMS_INVALID_EDEK' })
      expect(vault.operations()).toEqual(['GET', 'unwrapkey'])
    },
  )

  test('accepts one spelling of an EDEK, although Azure ignores case', async () => {
    const { version } = vault.server.keys.create('Payments', { type: 'RSA' }).version
    const kms = await vault.connect()
    const kek = await kms.resolveKek('Payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new Error('an EDEK was expected')
    // The first one has looked the key up; the other one may only unwrap.
    for (const [each, requests] of [
      [kms, 0],
      [await vault.connect({}, ['unwrapKey']), 2],
    ] as const) {
      ;(await each.decryptEdek(kek, edek)).destroy()
      const before = vault.operations().length
      for (const keyName of ['payments', 'PAYMENTS']) {
        const respelled = encodeEdek({ ...fields, keyName })
        const error = await rejectionOf(each.decryptEdek(each.kekOf(respelled), respelled))
        expect(error).toMatchObject({ code: 'KMS_INVALID_EDEK' })
      }
      expect(vault.operations().length - before).toBe(requests)
    }
    const respell = (from: string, to: string) => ({
      change: (body: Record<string, unknown>) => ({ ...body, kid: String(body['kid']).replace(from, to) }),
    })
    vault.server.faults.push(respell(version, version.toUpperCase()))
    expect(await rejectionOf(kms.decryptEdek(kek, edek))).toMatchObject({ code: 'KMS_INVALID_EDEK' })
    // What was looked up is right, however a response spells it.
    vault.server.faults.push(respell('Payments', 'payments'))
    ;(await kms.decryptEdek(kek, edek)).destroy()
  })

  test('rejects a response about another key version, in both directions', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const kids = [
      `kf.vault.azure.net/keys/payments/${'0'.repeat(32)}`,
      'other.vault.azure.net/keys/payments',
      undefined,
      7,
    ]
    for (const kid of kids) {
      const change = (body: Record<string, unknown>) => ({
        ...body,
        kid: typeof kid === 'string' ? `https://${kid}` : kid,
      })
      vault.server.faults.push({ change }, { change })
      expect(await rejectionOf(kms.generateDekPair(kek))).toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
      expect(await rejectionOf(kms.decryptEdek(kek, edek))).toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
    }
  })

  test.each([33, 31, 0])('rejects a DEK of %i bytes, which a managed HSM once returned', async (length) => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    vault.server.faults.push({ change: (body) => ({ ...body, value: Buffer.alloc(length, 7).toString('base64url') }) })
    expect(isKmsError(await rejectionOf(kms.decryptEdek(kek, edek)))).toBe(true)
  })

  test('health needs no permission of its own', async () => {
    for (const permissions of [['*'], ['nothing'], ['get']])
      expect(await (await vault.connect({}, permissions)).health?.()).toEqual({ status: 'ok' })
    vault.server.identity.revokeAll()
    vault.server.faults.push({ status: 503 }, { status: 503 })
    expect(await (await vault.connect()).health?.()).toEqual({ status: 'down', detail: 'KMS_UNAVAILABLE' })
  })

  test('obtains one new token when Azure rejects the old one', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    vault.server.identity.revokeAll()
    const before = vault.server.requests.length
    ;(await kms.generateDekPair(kek)).dek.destroy()
    expect(vault.server.requests.slice(before).map(({ status }) => status)).toEqual([401, 200])
    expect(vault.server.identity.tokens.length).toBe(2)
    expect(vault.server.bodiesWithoutToken).toEqual([])
  })

  test('sends no token to a server whose challenge names another resource', async () => {
    const config = { challengeResource: 'https://vault.azure.net' }
    vault.server.resource = 'https://graph.microsoft.com'
    const kms = await vault.connect(config)
    const error = await rejectionOf(kms.resolveKek('payments'))
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path: 'challengeResource' })
    expect(vault.server.requests.every(({ token }) => !token)).toBe(true)
    expect(vault.server.identity.tokens).toEqual([])
  })
})

describe('Managed HSM', () => {
  const vault = withVault({ kind: 'managedhsm' })
  const encryptionContext = { topic: 'payments' }

  test('wraps with A256KW, and binds a context with A256GCM in a layout of its own', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments', { encryptionContext })
    expect(kek.wrapping).toBe('authenticated')
    const plain = await kms.generateDekPair(kek)
    const bound = await kms.generateDekPair(kek, { encryptionContext })
    expect([plain.edek[0], bound.edek[0]]).toEqual([0, 2])
    ;(await kms.decryptEdek(kek, plain.edek)).destroy()
    ;(await kms.decryptEdek(kek, bound.edek, { encryptionContext })).destroy()
    const other = { encryptionContext: { topic: 'orders' } }
    expect(await rejectionOf(kms.decryptEdek(kek, bound.edek, other))).toMatchObject({ code: 'KMS_INVALID_EDEK' })
    for (const { dek } of [plain, bound]) dek.destroy()
    expect(vault.operations()).toEqual(['GET', 'wrapkey', 'encrypt', 'unwrapkey', 'decrypt', 'decrypt'])
  })

  test('an EDEK that says RSA for an oct-HSM key is rejected', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new Error('an EDEK was expected')
    const forged = encodeEdek({ ...fields, keyType: 'RSA', wrapped: new Uint8Array(256).fill(3) })
    for (const each of [kms, await vault.connect()])
      expect(await rejectionOf(each.decryptEdek(kek, forged))).toMatchObject({ code: 'KMS_INVALID_EDEK' })
  })

  test('one of 1,000 EDEKs with a version that is gone, and one with a disabled one, cost one request each', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kms = await vault.connect()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new Error('an EDEK was expected')
    const { version } = vault.server.keys.rotate('payments')
    version.attributes.enabled = false
    const edeks = Array.from({ length: 1_000 }, (_, i) => {
      if (i === 500) return encodeEdek({ ...fields, keyVersion: 'e'.repeat(32) })
      return i === 700 ? encodeEdek({ ...fields, keyVersion: version.version }) : edek
    })
    const before = vault.server.requests.length
    let delivered = 0
    for (const each of edeks) {
      const outcome = await kms.decryptEdek(kek, each).then(
        (opened) => {
          opened.destroy()
          return 'delivered'
        },
        (error: unknown) => (isVersionRejection(error) ? 'rejected' : 'failed'),
      )
      if (outcome === 'delivered') delivered++
      else expect(outcome).toBe('rejected')
    }
    expect(delivered).toBe(998)
    expect(vault.server.requests.length - before).toBe(1_000)
  })
})
