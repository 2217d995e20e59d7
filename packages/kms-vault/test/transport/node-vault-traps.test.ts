import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'

import nodeVault, { type client as Client } from 'node-vault'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { TestAuthority } from '@keyfold/kms-test-support/faults'

import { codeOf, connect, ROOT } from '../support/connect.ts'
import { FakeVault, type Reply } from '../support/fake-vault.ts'
import { serveTls } from '../support/serve-tls.ts'
import { writeSecret } from '../support/write-secret.ts'

const TOKEN = 'hvs.kf-canary-token'

/** Each trap of node-vault: it is there in node-vault as it comes, and not here. */
describe('node-vault as it comes, and behind this provider:', () => {
  async function both(
    options: object = {},
  ): Promise<{ readonly vault: FakeVault; readonly plain: Client; readonly kms: Kms }> {
    const vault = await FakeVault.start()
    vault.tokens.set(TOKEN, true)
    const plain = nodeVault({ endpoint: vault.url, token: TOKEN, ...options })
    return {
      vault,
      plain,
      kms: await connect(vault, { auth: { method: 'token', token: { value: TOKEN }, renew: false } }),
    }
  }

  it('its debug looks for supports-color, which is installed, so that it finds none that was planted above', () => {
    const require = createRequire(import.meta.url)
    const debug = createRequire(require.resolve('node-vault')).resolve('debug')
    expect(readFileSync(path.join(path.dirname(debug), 'node.js'), 'utf8')).toContain("require('supports-color')")
    const root = path.resolve(import.meta.dirname, '../../../..')
    expect(createRequire(debug).resolve('supports-color').startsWith(`${root}${path.sep}`)).toBe(true)
    const { dependencies } = require('../../package.json') as { dependencies: Readonly<Record<string, string>> }
    expect(dependencies['supports-color']).toMatch(/^[0-9.]+$/)
  })

  it('a redirect to another origin gets the token', async () => {
    const { vault, plain, kms } = await both()
    const other = await FakeVault.start()
    vault.script = ({ url }) => ({ status: 307, headers: { location: `${other.url}${url}` } })
    other.script = () => ({ status: 200, body: { data: {} } })
    await plain.write('transit/decrypt/orders', { ciphertext: 'x' })
    expect(other.requests[0]?.headers['x-vault-token']).toBe(TOKEN)
    other.requests.length = 0
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
    expect(other.requests).toEqual([])
  })

  it('a name of a key leads to another path', async () => {
    const { vault, plain, kms } = await both()
    await plain.write('transit/decrypt/../../sys/seal', {}).catch(() => undefined)
    expect(vault.paths).toEqual(['sys/seal'])
    vault.requests.length = 0
    expect(await codeOf(kms.resolveKek('../../sys/seal'))).toBe('KMS_CONFIG')
    expect(vault.requests).toEqual([])
  })

  it('there is no data key, and the mount is fixed', async () => {
    const { vault, plain, kms } = await both()
    await plain.encryptData({ name: 'orders', plaintext: '' }).catch(() => undefined)
    expect([vault.paths, Object.keys(plain).filter((name) => /datakey/i.test(name))]).toEqual([
      ['transit/encrypt/orders'],
      [],
    ])
    const nested = await connect(vault, { mount: 'team/kms', auth: ROOT })
    vault.requests.length = 0
    await nested.generateDekPair(await nested.resolveKek('orders'))
    expect(vault.paths).toEqual(['team/kms/keys/orders', 'team/kms/datakey/plaintext/orders'])
    expect(await codeOf(kms.resolveKek('orders'))).toBe('success')
  })

  it('an abort is not heard', async () => {
    const { vault, plain, kms } = await both()
    vault.script = () => ({ status: 200, hang: true })
    const controller = new AbortController()
    const options = { signal: controller.signal, timeout: 300 }
    const [slow, quick] = [
      plain.read('transit/keys/orders', options),
      kms.resolveKek('orders', { signal: controller.signal }),
    ]
    setTimeout(() => {
      controller.abort('stop')
    }, 20)
    await expect(quick).rejects.toBe('stop')
    await expect(slow).rejects.toMatchObject({ code: 'ECONNABORTED' })
  })

  it('there is no deadline', async () => {
    const { vault, plain } = await both()
    vault.script = () => ({ status: 200, hang: true })
    const kms = await connect(vault, { timeouts: { requestMs: 100 } })
    const ended = vi.fn()
    plain.read('transit/keys/orders').then(ended, ended)
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_TIMEOUT')
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_TIMEOUT')
    expect(ended).not.toHaveBeenCalled()
  })

  it('an answer has no bound', async () => {
    const { vault, plain, kms } = await both()
    vault.script = () => ({ status: 200, body: { data: { long: 'x'.repeat(1_000_000) } } })
    expect(JSON.stringify(await plain.read('transit/keys/orders')).length).toBeGreaterThan(1_000_000)
    expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_INVALID_RESPONSE')
  })

  it('an error of the connection shows token and body', async () => {
    const { plain, kms, vault } = await both()
    const body = { plaintext: 'kf-canary-plaintext' }
    vault.script = () => ({ status: 200, hang: true })
    const shown = async (running: Promise<unknown>): Promise<string> => {
      const error: unknown = await running.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      return JSON.stringify(error) + inspect(error, { depth: 9, showHidden: true })
    }
    expect(await shown(plain.write('transit/encrypt/orders', body, { timeout: 20 }))).toMatch(
      /kf-canary-token[^]*kf-canary-plaintext|kf-canary-plaintext[^]*kf-canary-token/,
    )
    const dead = await connect(vault, {
      address: 'http://127.0.0.1:1',
      auth: { method: 'token', token: { value: TOKEN }, renew: false },
    })
    expect(await shown(dead.resolveKek('orders'))).not.toContain('canary')
    expect(inspect(kms, { depth: 9, showHidden: true })).not.toContain('canary')
  })

  it('Retry-After gets lost', async () => {
    const { vault, plain, kms } = await both()
    vault.script = (): Reply => ({
      status: 429,
      headers: { 'retry-after': '7' },
      body: { errors: ['rate limit quota exceeded'] },
    })
    const error: unknown = await plain.read('transit/keys/orders').then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(inspect(error, { depth: 9 })).not.toMatch(/retry-after/i)
    await expect(kms.resolveKek('orders')).rejects.toMatchObject({ retryAfterMs: 7_000 })
  })

  it('the first token stays for ever in shared options', async () => {
    const { vault, plain } = await both({ requestOptions: { headers: {} } })
    await plain.read('transit/keys/orders')
    plain.token = 'newer'
    await plain.read('transit/keys/orders')
    expect(vault.requests.map(({ headers }) => headers['x-vault-token'])).toEqual([TOKEN, TOKEN])
    vault.requests.length = 0
    const kms = await connect(vault, { auth: { method: 'approle', roleId: { value: 'role' } } })
    vault.ttl = 0
    await kms.resolveKek('orders')
    vault.tokens.clear()
    await kms.resolveKek('orders')
    const used = vault.requests.filter(
      ({ url, headers }) => url.endsWith('keys/orders') && vault.tokens.has(String(headers['x-vault-token'])),
    )
    expect(used.map(({ headers }) => headers['x-vault-token'])).toEqual(['hvs.kf-canary-2'])
  })

  it('the environment decides about address, token, namespace and prefix', async () => {
    const stray = await FakeVault.start()
    for (const [name, value] of Object.entries({
      VAULT_ADDR: stray.url,
      VAULT_TOKEN: 'stray',
      VAULT_NAMESPACE: 'stray',
      VAULT_PREFIX: '/stray',
    }))
      vi.stubEnv(name, value)
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const { vault, kms } = await both()
    await nodeVault({})
      .read('transit/keys/orders')
      .catch(() => undefined)
    expect(stray.requests[0]).toMatchObject({
      url: '/v1/stray/transit/keys/orders',
      headers: { 'x-vault-token': 'stray', 'x-vault-namespace': 'stray' },
    })
    stray.requests.length = 0
    await kms.resolveKek('orders')
    expect([stray.requests.length, vault.paths, vault.requests[0]?.headers['x-vault-token']]).toEqual([
      0,
      ['transit/keys/orders'],
      TOKEN,
    ])
    expect(vault.requests[0]?.headers).not.toHaveProperty('x-vault-namespace')
  })

  it('VAULT_SKIP_VERIFY=false turns verification off', async () => {
    vi.stubEnv('VAULT_SKIP_VERIFY', 'false')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    await expectOnlyNodeVaultTrustsStranger()
  })

  it('NODE_TLS_REJECT_UNAUTHORIZED=0 turns verification off', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      warn.mockRestore()
    })
    await expectOnlyNodeVaultTrustsStranger()
  })

  it('a proxy of the environment gets the token', async () => {
    const proxy = await FakeVault.start()
    for (const name of ['http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, proxy.url)
    for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, '')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const { plain, kms } = await both()
    await plain.read('transit/keys/orders').catch(() => undefined)
    expect(proxy.requests[0]?.headers['x-vault-token']).toBe(TOKEN)
    proxy.requests.length = 0
    await kms.resolveKek('orders')
    expect(proxy.requests).toEqual([])
  })

  it('with certificates, each call opens a connection', async () => {
    const authority = await TestAuthority.create()
    const { url, connections } = await serveTls(await authority.issue('good'), (_, response) => {
      response.end('{"data":{}}')
    })
    const plain = nodeVault({ endpoint: url, token: TOKEN })
    for (let i = 0; i < 5; i++) await plain.read('transit/keys/orders', { ca: authority.ca })
    expect(connections()).toBe(5)
    const file = await writeSecret(authority.ca)
    const kms = await connect(await FakeVault.start(), { address: url, tls: { caFile: file } })
    for (let i = 0; i < 5; i++) await codeOf(kms.resolveKek('orders'))
    expect(connections()).toBeLessThanOrEqual(7)
  })

  it('a lease of 768 h, which is the usual one, is renewed all the time', async () => {
    const { vault, plain } = await both()
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => {
      warn.mockRestore()
    })
    vault.ttl = 768 * 3_600
    const renewals = (): number => vault.paths.filter((path) => path === 'auth/token/renew-self').length
    await plain.startTokenRenewal({ ttl: vault.ttl })
    await vi.waitFor(() => {
      expect(renewals()).toBeGreaterThan(10)
    })
    // Stopping does not stop it: the renewal that runs sets the next timer. One that fails does.
    plain.stopTokenRenewal()
    vault.tokens.clear()
    const other = await FakeVault.start()
    other.ttl = vault.ttl
    const kms = await connect(other, { auth: { method: 'token', token: { value: 'root' } } })
    await kms.resolveKek('orders')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(other.paths).toEqual(['auth/token/lookup-self', 'transit/keys/orders'])
  })

  it('one renewal that fails ends all of them', async () => {
    const { vault, plain } = await both()
    let down = true
    vault.script = ({ url }) => (down && url.endsWith('renew-self') ? { status: 503 } : undefined)
    vault.ttl = 3
    const renewals = (): number => vault.paths.filter((path) => path === 'auth/token/renew-self').length
    const failed = once(plain as unknown as NodeJS.EventEmitter, 'token:error:renew')
    await plain.startTokenRenewal({ ttl: 1 })
    await failed
    const kms = await connect(vault, { auth: { method: 'token', token: { value: TOKEN } } })
    await kms.resolveKek('orders')
    await vi.waitFor(
      () => {
        expect(renewals()).toBe(2)
      },
      { timeout: 4_000 },
    )
    down = false
    await vi.waitFor(
      () => {
        expect(renewals()).toBeGreaterThanOrEqual(3)
      },
      { timeout: 4_000 },
    )
    // The last are all of this provider: with a lease of 3 s, node-vault would have renewed meanwhile.
    const agents = vault.requests
      .filter(({ url }) => url.endsWith('renew-self'))
      .map(({ headers }) => (headers['user-agent'] ?? 'none').split('/')[0])
    expect(agents).toEqual(['axios', ...agents.slice(1).map(() => 'none')])
  })

  it('DEBUG=node-vault prints bodies and tokens', async () => {
    const { vault } = await both()
    const plain = `
      import nodeVault from 'node-vault'
      await nodeVault({ endpoint: ${JSON.stringify(vault.url)}, token: 'root' }).write('transit/encrypt/orders', { plaintext: 'kf-canary-plaintext' })`
    expect(await debugged(plain)).toContain('kf-canary-plaintext')
    const behind = `
      import provider from ${JSON.stringify(new URL('../../src/kms-provider.ts', import.meta.url).href)}
      const kms = await provider.create({ address: ${JSON.stringify(vault.url)}, auth: { method: 'token', token: { value: 'root' } } }, { baseDirectory: '.' })
      await kms.generateDekPair(await kms.resolveKek('orders'), { encryptionContext: { a: 'b' } })
      await kms.close()
      console.error('done')`
    expect(await debugged(behind)).toBe('done\n')
  })
})

/** With verification turned off, node-vault gives its token to a server that nobody has reason to trust; the provider sends it nothing. */
async function expectOnlyNodeVaultTrustsStranger(): Promise<void> {
  const tokens: unknown[] = []
  const { url } = await serveTls(await (await TestAuthority.create()).issue('self-signed'), (request, response) => {
    tokens.push(request.headers['x-vault-token'])
    response.end('{"data":{}}')
  })
  await nodeVault({ endpoint: url, token: TOKEN }).read('transit/keys/orders')
  expect(tokens).toEqual([TOKEN])
  tokens.length = 0
  const kms = await connect(await FakeVault.start(), {
    address: url,
    auth: { method: 'token', token: { value: TOKEN }, renew: false },
  })
  expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
  expect(tokens).toEqual([])
}

/** Runs a program with DEBUG=node-vault, and gives what it wrote. */
async function debugged(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=@keyfold/source', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: import.meta.dirname,
    env: { ...process.env, DEBUG: 'node-vault', NODE_OPTIONS: '' },
  })
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('')
}
