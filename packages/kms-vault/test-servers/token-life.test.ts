import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { FaultProxy } from '@keyfold/kms-test-support/faults'
import { startVault } from '@keyfold/servers'
import { say, titleOf } from '@keyfold/servers/testing'

import type { VaultKmsConfig } from '../src/index.ts'
import { AuditLog } from './support/audit-log.ts'
import { codeOf, connect, newMount, type Mount } from './support/least.ts'
import { prepareAppRole } from './support/prepare-auth.ts'
import { Root } from './support/root.ts'

const vault = inject('vault')

describe.skipIf(vault.missing !== undefined)(titleOf('Vault', vault), () => {
  const root = new Root(vault.url ?? '', vault.rootToken ?? '')
  let proxy: FaultProxy
  let at: Mount

  beforeAll(async () => {
    at = await newMount(root)
    // The audit log has no line of a request with an unknown token.
    proxy = await FaultProxy.start(() => root.url)
  })
  afterAll(() => proxy.stop())

  const open = (auth: VaultKmsConfig['auth']): Promise<Kms> => connect(root, at.mount, auth, { address: proxy.origin })

  /** How many requests there were since the last time: of the engine, and by the end of their path. */
  function counts(): Record<string, number> {
    const found: Record<string, number> = {}
    for (const { path } of proxy.requests.splice(0)) {
      const name =
        /^\/v1\/auth\/.*\/(login|renew-self|revoke-self|lookup-self)$/.exec(path)?.[1] ??
        (path.startsWith(`/v1/${at.mount}/`) ? 'transit' : path)
      found[name] = (found[name] ?? 0) + 1
    }
    return found
  }

  it('renews the token of a login in the background, and gives it back at the end', async () => {
    const { auth } = await prepareAppRole(root, at.policy, { token_ttl: '3s', token_max_ttl: '1h' })
    counts()
    const kms = await open(auth)
    for (let i = 0; i < 10; i++) {
      await kms.resolveKek('orders')
      await sleep(600)
    }
    await kms.close()
    const { login, 'renew-self': renewals, 'revoke-self': revocations, transit } = counts()
    expect([login, revocations, transit]).toEqual([1, 1, 10])
    expect(renewals).toBeGreaterThanOrEqual(2)
    expect(renewals).toBeLessThanOrEqual(4)
  })

  it('logs in again when the maximum of a token comes near, before it ends', async () => {
    const { auth } = await prepareAppRole(root, at.policy, { token_ttl: '2s', token_max_ttl: '4s' })
    counts()
    const kms = await open(auth)
    const until = Date.now() + 9_000
    let calls = 0
    while (Date.now() < until) {
      await kms.resolveKek('orders')
      calls++
      await sleep(100)
    }
    const { login = 0, transit, 'lookup-self': lookups } = counts()
    // No call met an ended token: each was answered at the first attempt.
    expect([transit, lookups]).toEqual([calls, undefined])
    expect(login).toBeGreaterThanOrEqual(2)
    expect(login).toBeLessThanOrEqual(6)
  })

  it('goes on after a token has ended without being used, with one login', async () => {
    const { auth } = await prepareAppRole(root, at.policy, { token_ttl: '1s', token_max_ttl: '1s' })
    const kms = await open(auth)
    await kms.resolveKek('orders')
    await sleep(2_500)
    counts()
    await Promise.all(Array.from({ length: 20 }, () => kms.resolveKek('orders')))
    expect(counts()['login'] ?? 0).toBeLessThanOrEqual(1)
  })

  it('logs in again once when the token is revoked, and loses no call', async () => {
    const prepared = await prepareAppRole(root, at.policy)
    const kms = await open(prepared.auth)
    const kek = await kms.resolveKek('orders')
    await root.call('POST', `sys/leases/revoke-prefix/auth/${prepared.mount}/login`, { sync: true })
    counts()
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        ;(await kms.generateDekPair(kek)).dek.destroy()
      }),
    )
    expect(counts()['login']).toBe(1)
  })

  it('loses no call during 100 rotations under load', async () => {
    const prepared = await prepareAppRole(root, at.policy)
    const kms = await open(prepared.auth)
    const kek = await kms.resolveKek('orders')
    counts()
    let failed = 0
    let done = 0
    let rotating = true
    const load = Array.from({ length: 4 }, async () => {
      while (rotating) {
        await kms.generateDekPair(kek).then(
          ({ dek }) => {
            dek.destroy()
          },
          () => {
            failed++
          },
        )
        done++
      }
    })
    for (let i = 0; i < 100; i++) {
      const before = done
      await root.call('POST', `sys/leases/revoke-prefix/auth/${prepared.mount}/login`, { sync: true })
      while (done < before + 8) await sleep(1)
    }
    rotating = false
    await Promise.all(load)
    const { login = 0 } = counts()
    process.stderr.write(`measured: ${done} calls, ${failed} failed, ${login} logins in 100 rotations\n`)
    expect(failed).toBe(0)
    // One a rotation; calls that were under way may hide one.
    expect(login).toBeLessThanOrEqual(100)
    expect(login).toBeGreaterThanOrEqual(95)
  })

  it('keeps a token of 768 h, the usual lease, without a renewal', async () => {
    const { auth } = await prepareAppRole(root, at.policy, { token_ttl: '768h' })
    counts()
    const kms = await open(auth)
    await kms.resolveKek('orders')
    await sleep(1_500)
    await kms.resolveKek('orders')
    expect(counts()).toEqual({ login: 1, transit: 2 })
  })

  it('renews a periodic token that was given, and does not revoke it', async () => {
    const token = await root.createToken([at.policy], { period: '2s' })
    counts()
    const kms = await open({ method: 'token', token: { value: token } })
    for (let i = 0; i < 8; i++) {
      await kms.resolveKek('orders')
      await sleep(500)
    }
    await kms.close()
    const { 'lookup-self': lookups, 'renew-self': renewals, 'revoke-self': revocations } = counts()
    expect([lookups, revocations]).toEqual([1, undefined])
    expect(renewals).toBeGreaterThanOrEqual(2)
    expect((await root.try('POST', 'auth/token/lookup', { token })).status).toBe(200)
  })

  it('tells a token that is unknown, and one that lacks a permission, apart', async () => {
    const known = await root.createToken(['default'], { no_default_policy: false })
    const lesser = await root.createToken(['nothing'])
    const ask = async (value: string): Promise<unknown> =>
      await codeOf((await open({ method: 'token', token: { value } })).resolveKek('orders'))
    expect(await ask(known)).toBe('KMS_ACCESS_DENIED')
    expect(await ask(lesser)).toBe('KMS_ACCESS_DENIED')
    expect(await ask('hvs.unknown')).toBe('KMS_AUTHENTICATION')
    await root.call('POST', 'auth/token/revoke', { token: known })
    expect(await ask(known)).toBe('KMS_AUTHENTICATION')
  })

  it('unwraps a wrapped secret id once, and notices one that somebody else has unwrapped', async () => {
    const prepared = await prepareAppRole(root, at.policy)
    const wrap = async (): Promise<string> => {
      const answer = await root.call(
        'POST',
        `auth/${prepared.mount}/role/${prepared.role}/secret-id`,
        {},
        { 'x-vault-wrap-ttl': '60s' },
      )
      return String(answer.wrap_info?.['token'])
    }
    const auth = (value: string) => ({ ...prepared.auth, secretId: { value }, wrapped: true }) as typeof prepared.auth
    const kms = await open(auth(await wrap()))
    await kms.resolveKek('orders')
    await root.call('POST', `sys/leases/revoke-prefix/auth/${prepared.mount}/login`, { sync: true })
    await kms.resolveKek('orders')
    const stolen = await wrap()
    await root.call('POST', 'sys/wrapping/unwrap', { token: stolen })
    expect(await codeOf((await open(auth(stolen))).resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
    const { wrap_info: other } = await root.call(
      'POST',
      'sys/wrapping/wrap',
      { secret_id: 'mine' },
      { 'x-vault-wrap-ttl': '60s' },
    )
    expect(await codeOf((await open(auth(String(other?.['token'])))).resolveKek('orders'))).toBe('KMS_AUTHENTICATION')
  })

  it('goes on with one login when the server was started again and knows no token', async () => {
    const first = await startVault(say)
    const port = Number(new URL(first.url).port)
    const ids = { role_id: 'kf-role', secret_id: 'kf-secret-0123456789' }
    const provision = async (own: Root): Promise<void> => {
      await own.mountTransit('transit')
      await own.call('POST', 'transit/keys/orders', {})
      await own.call('POST', 'sys/auth/approle', { type: 'approle' })
      await own.writePolicy('orders', 'path "transit/*" {\n  capabilities = ["read", "update"]\n}\n')
      await own.call('POST', 'auth/approle/role/r', { token_policies: ['orders'] })
      await own.call('POST', 'auth/approle/role/r/role-id', { role_id: ids.role_id })
      await own.call('POST', 'auth/approle/role/r/custom-secret-id', { secret_id: ids.secret_id })
    }
    const own = new Root(first.url, first.rootToken)
    await provision(own)
    const kms = await connect(own, 'transit', {
      method: 'approle',
      roleId: { value: ids.role_id },
      secretId: { value: ids.secret_id },
    })
    await kms.resolveKek('orders')
    await first.stop()
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
    const second = await startVault(say, { port })
    onTestFinished(() => second.stop())
    await provision(new Root(second.url, second.rootToken))
    const log = await AuditLog.start(new Root(second.url, second.rootToken))
    await kms.resolveKek('orders')
    const paths = log
      .responses()
      .map(({ request }) => request.path)
      .filter((path) => !path.startsWith('sys/'))
    // What came with the old token stands in no audit log.
    expect(paths).toEqual(['auth/approle/login', 'transit/keys/orders'])
    await log.stop()
    await kms.close()
  })
})
