import { Buffer } from 'node:buffer'

import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'

import { cachingKms } from '@keyfold/kms-api/resilience'
import { startVault } from '@keyfold/servers'
import { say, titleOf } from '@keyfold/servers/testing'

import { consumerPolicy, createVaultAdmin, producerPolicy } from '../src/admin/index.ts'
import { decodeEdek, encodeEdek } from '../src/edek.ts'
import { codeOf, connect, newMount, type Mount } from './support/least.ts'
import { Root } from './support/root.ts'

const vault = inject('vault')
const CONTEXT = { encryptionContext: { topic: 'orders' } }

describe.skipIf(vault.missing !== undefined)(titleOf('Vault', vault), () => {
  const root = new Root(vault.url ?? '', vault.rootToken ?? '')
  const as = (token: string) => ({ method: 'token', token: { value: token } }) as const
  let at: Mount
  let token: string

  beforeAll(async () => {
    at = await newMount(root)
    token = await root.createToken([at.policy])
  })

  it.each([
    ['rsa-4096', {}, 'KMS_INVALID_KEY_USAGE'],
    ['aes128-gcm96', {}, 'KMS_INVALID_KEY_USAGE'],
    ['ed25519', {}, 'KMS_INVALID_KEY_USAGE'],
    ['aes256-gcm96', { derived: true }, 'KMS_INVALID_KEY_USAGE'],
    ['aes256-gcm96', { derived: true, convergent_encryption: true }, 'KMS_INVALID_KEY_USAGE'],
    ['chacha20-poly1305', {}, 'success'],
    ['aes256-gcm96', { exportable: true }, 'success'],
  ])('a key of type %s (%j) is %s', async (type, more, code) => {
    const name = `k-${type}-${Object.keys(more).length}-${code}`
    await root.call('POST', `${at.mount}/keys/${name}`, { type, ...more })
    const kms = await connect(root, at.mount, as(token))
    expect(await codeOf(kms.resolveKek(name))).toBe(code)
    if (code !== 'success') return
    for (const options of [{}, CONTEXT]) {
      const { edek } = await kms.generateDekPair(await kms.resolveKek(name), options)
      ;(await kms.decryptEdek(await kms.resolveKek(name), edek, options)).destroy()
    }
  })

  it('an unknown key, a deleted one, an old version, an unknown mount and a missing permission are different answers', async () => {
    const kms = await connect(root, at.mount, as(token))
    const admin = await createVaultAdmin(
      { address: root.url, mount: at.mount, auth: as(vault.rootToken ?? '') },
      { baseDirectory: '/' },
    )
    onTestFinished(() => admin.close())
    const kek = await admin.createKek('states')
    const { edek } = await kms.generateDekPair(kek)
    expect((await admin.rotateKek('states')).version).toBe('2')
    expect((await admin.setMinimumVersions('states', { decryption: 2 })).version).toBe('2')
    await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'too-old' })
    await admin.setMinimumVersions('states', { decryption: 1 })
    expect(await codeOf(kms.decryptEdek(kek, edek))).toBe('success')
    await root.call('POST', `${at.mount}/keys/states/config`, { deletion_allowed: true })
    await root.call('DELETE', `${at.mount}/keys/states`)
    expect(await codeOf(kms.resolveKek('states'))).toBe('KMS_UNKNOWN_ALIAS')
    for (const call of [
      () => kms.generateDekPair(kek),
      () => kms.generateDekPair(kek, CONTEXT),
      () => kms.decryptEdek(kek, edek),
    ])
      expect(await codeOf(call())).toBe('KMS_UNKNOWN_KEY')
    expect((await root.try('GET', `${at.mount}/keys/states`)).status).toBe(404)
    const elsewhere = await connect(root, 'no/such/mount', as(token))
    expect(await codeOf(elsewhere.resolveKek('orders'))).toBe('KMS_ACCESS_DENIED')
    const almighty = await connect(root, 'no/such/mount', as(vault.rootToken ?? ''))
    expect(await codeOf(almighty.resolveKek('orders'))).toBe('KMS_CONFIG')
  })

  it('a rotation shows with the next DEK behind the cache, not only after ten minutes', async () => {
    await root.call('POST', `${at.mount}/keys/rotated`, {})
    const kms = cachingKms(await connect(root, at.mount, as(token)))
    const kek = await kms.resolveKek('rotated')
    await root.call('POST', `${at.mount}/keys/rotated/rotate`)
    expect((await kms.resolveKek('rotated')).version).toBe('1')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    expect([kms.kekOf(edek).version, (await kms.resolveKek('rotated')).version]).toEqual(['2', '2'])
  })

  it('a token that may create keys makes none by a misspelt name', async () => {
    await root.writePolicy('kf-upsert', `path "${at.mount}/*" {\n  capabilities = ["create", "read", "update"]\n}\n`)
    const kms = await connect(root, at.mount, as(await root.createToken(['kf-upsert'])))
    const kek = { ...(await kms.resolveKek('orders')), id: `${at.mount}/ordres` }
    expect(await codeOf(kms.generateDekPair(kek, CONTEXT))).toBe('KMS_UNKNOWN_KEY')
    expect((await root.try('GET', `${at.mount}/keys/ordres`)).status).toBe(404)
  })

  it('other spellings of a ciphertext, which Vault opens, are no EDEKs', async () => {
    const kms = await connect(root, at.mount, as(token))
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    const { ciphertext = '' } = decodeEdek(edek) ?? {}
    for (const other of [
      ciphertext.replace('v1', 'v01'),
      ciphertext.replace('v1', 'v+1'),
      `${ciphertext}\n`,
      `${ciphertext.slice(0, 40)}\n${ciphertext.slice(40)}`,
    ]) {
      expect((await root.try('POST', `${at.mount}/decrypt/orders`, { ciphertext: other })).status).toBe(200)
      expect(
        await codeOf(
          kms.decryptEdek(kek, encodeEdek({ bound: false, keyName: 'orders', ciphertext: Buffer.from(other) })),
        ),
      ).toBe('KMS_INVALID_EDEK')
    }
  })

  it('a policy lets producers make DEKs and consumers open them, and nothing else', async () => {
    const options = { mount: at.mount, keys: ['ord*'], encryptionContext: true }
    const policies = { producer: producerPolicy(options), consumer: consumerPolicy(options) }
    const clients = await Promise.all(
      Object.entries(policies).map(async ([name, policy]) => {
        await root.writePolicy(`kf-${name}`, policy)
        return await connect(root, at.mount, as(await root.createToken([`kf-${name}`])))
      }),
    )
    const [producer, consumer] = clients
    if (producer === undefined || consumer === undefined) throw new Error('two clients')
    const kek = await producer.resolveKek('orders')
    const { edek } = await producer.generateDekPair(kek)
    const { edek: bound } = await producer.generateDekPair(kek, CONTEXT)
    expect(await consumer.resolveKek('orders')).toEqual(kek)
    ;(await consumer.decryptEdek(kek, edek)).destroy()
    ;(await consumer.decryptEdek(kek, bound, CONTEXT)).destroy()
    expect(await codeOf(producer.decryptEdek(kek, edek))).toBe('KMS_ACCESS_DENIED')
    expect(await codeOf(consumer.generateDekPair(kek))).toBe('KMS_ACCESS_DENIED')
    expect(await codeOf(consumer.generateDekPair(kek, CONTEXT))).toBe('KMS_ACCESS_DENIED')
    expect(await codeOf(producer.resolveKek('payments'))).toBe('KMS_ACCESS_DENIED')
  })

  it('EDEKs are rewrapped to the newest version, with a context and without', async () => {
    const admin = await createVaultAdmin(
      { address: root.url, mount: at.mount, auth: as(vault.rootToken ?? '') },
      { baseDirectory: '/' },
    )
    onTestFinished(() => admin.close())
    const kms = await connect(root, at.mount, as(token))
    const kek = await admin.createKek('rewrapped')
    for (const options of [{}, CONTEXT]) {
      const { dek, edek } = await kms.generateDekPair(kek, options)
      const { version } = await admin.rotateKek('rewrapped')
      const newer = await admin.rewrapEdek(edek, options)
      expect(kms.kekOf(newer).version).toBe(version)
      const again = await kms.decryptEdek(kek, newer, options)
      dek.claim('records')
      again.claim('records')
      const slab = new Uint8Array(12 + 4 + 16).fill(7, 12, 16)
      dek.sealRegions(slab, Uint32Array.of(0, 12, 4, 16), 1)
      expect(again.openRegions(slab, Uint32Array.of(0, 12, 4, 16), 1, new Uint8Array(1))).toBe(0)
    }
    expect(await codeOf(admin.createKek('rewrapped'))).toBe('KMS_CONFIG')
    expect(await codeOf(admin.createKek('chacha', { type: 'chacha20-poly1305' }))).toBe('success')
    expect((await admin.listKekVersions('rewrapped')).map(({ version, state }) => `${version} ${state}`)).toEqual([
      '1 enabled',
      '2 enabled',
      '3 enabled',
    ])
    expect(await codeOf(admin.setMinimumVersions('rewrapped', { decryption: 99 }))).toBe('KMS_CONFIG')
    expect(await codeOf(admin.rotateKek('../../sys'))).toBe('KMS_CONFIG')
    expect(await codeOf(admin.rewrapEdek(new Uint8Array(3)))).toBe('KMS_INVALID_EDEK')
  })

  it('a quota throttles, and says when to come again where it is configured to', async () => {
    const kms = await connect(root, at.mount, as(token))
    const kek = await kms.resolveKek('orders')
    await root.call('POST', 'sys/quotas/config', { enable_rate_limit_response_headers: true })
    await root.call('POST', 'sys/quotas/rate-limit/kf', { path: `${at.mount}/`, rate: 2, interval: '5s' })
    onTestFinished(async () => {
      await root.call('DELETE', 'sys/quotas/rate-limit/kf')
    })
    const outcomes: unknown[] = []
    for (let i = 0; i < 4; i++)
      outcomes.push(
        await kms.generateDekPair(kek).then(
          () => 'success',
          (error: unknown) => error,
        ),
      )
    expect(outcomes.slice(0, 2)).toEqual(['success', 'success'])
    expect(outcomes[3]).toMatchObject({ code: 'KMS_THROTTLED', status: 429, retryable: true })
    const { retryAfterMs } = outcomes[3] as { readonly retryAfterMs?: number }
    expect(retryAfterMs).toSatisfy((ms: number) => ms > 0 && ms <= 5_000)
  })

  it('a sealed server is down, for its health and for every call, until it is unsealed', async () => {
    const server = await startVault(say)
    onTestFinished(() => server.stop())
    const own = new Root(server.url, server.rootToken)
    const there = await newMount(own)
    const kms = await connect(own, there.mount, as(await own.createToken([there.policy])))
    const kek = await kms.resolveKek('orders')
    expect(await kms.health?.()).toEqual({ status: 'ok' })
    await own.call('PUT', 'sys/seal')
    expect(await kms.health?.()).toEqual({ status: 'down', detail: 'sealed' })
    await expect(kms.generateDekPair(kek)).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE', status: 503 })
    await own.call('PUT', 'sys/unseal', { key: server.unsealKey })
    await expect.poll(() => codeOf(kms.generateDekPair(kek)), { timeout: 5_000 }).toBe('success')
  })
})
