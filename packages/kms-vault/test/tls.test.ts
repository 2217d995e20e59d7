import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import path from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { TestAuthority, type CertificateKind } from '@keyfold/kms-test-support/faults'

import type { VaultKmsConfig } from '../src/index.ts'
import { writeCertificates, type CertificateFiles } from './support/client-certificates.ts'
import { codeOf, connect, ROOT } from './support/connect.ts'
import { FakeVault } from './support/fake-vault.ts'
import { serveTls, type TlsServer } from './support/serve-tls.ts'

/** Serves 404 of Vault over TLS. */
function serve(options: ServerOptions): Promise<TlsServer> {
  return serveTls(options, (_, response) => {
    response.writeHead(404).end('{"errors":[]}')
  })
}

async function ask(url: string, tls: VaultKmsConfig['tls']): Promise<unknown> {
  const kms = await connect(await FakeVault.start(), { address: url, auth: ROOT, tls })
  const outcome: unknown = await kms.resolveKek('orders').then(
    () => 'success',
    (error: unknown) => error,
  )
  const { code, cause } = outcome as { readonly code?: string; readonly cause?: { readonly code?: string } }
  return code === 'KMS_UNKNOWN_ALIAS' ? ['answered'] : [code, cause?.code]
}

async function files(): Promise<CertificateFiles & { readonly at: (name: string) => string }> {
  const written = await writeCertificates()
  onTestFinished(() => written.remove())
  return { ...written, at: (name) => path.join(written.folder, name) }
}

const WRONG: readonly (readonly [CertificateKind, string])[] = [
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['expired', 'CERT_HAS_EXPIRED'],
  ['not-yet-valid', 'CERT_NOT_YET_VALID'],
  ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['unknown-ca', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
]

describe('a peer', () => {
  it.each(WRONG)('with a certificate that is %s gets no byte of a request', async (kind, cause) => {
    const authority = await TestAuthority.create()
    const { at } = await files()
    await writeFile(at('ca.pem'), authority.ca)
    const { url, bytes } = await serve(await authority.issue(kind))
    const [code, reason] = (await ask(url, { caFile: at('ca.pem') })) as [string, string]
    expect(code).toBe('KMS_UNAVAILABLE')
    if (kind !== 'unknown-ca') expect(reason).toBe(cause)
    expect(bytes()).toBe(0)
  })

  it('that Node.js would not trust gets no byte without a CA file', async () => {
    const { url, bytes } = await serve(await (await TestAuthority.create()).issue('good'))
    expect(await ask(url, undefined)).toContain('KMS_UNAVAILABLE')
    expect(bytes()).toBe(0)
  })

  it('that knows TLS 1.1 only gets no byte', async () => {
    const authority = await TestAuthority.create()
    const { at } = await files()
    await writeFile(at('ca.pem'), authority.ca)
    const { url, bytes } = await serve({
      ...(await authority.issue('good')),
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    expect(await ask(url, { caFile: at('ca.pem') })).toContain('KMS_UNAVAILABLE')
    expect(bytes()).toBe(0)
  })

  it('that knows TLS 1.2 only is refused where 1.3 is asked for, and served otherwise', async () => {
    const { at } = await files()
    const { url, bytes } = await serve({
      cert: await readFile(at('server.pem')),
      key: await readFile(at('server.key')),
      maxVersion: 'TLSv1.2',
    })
    expect(await ask(url, { caFile: at('ca.pem'), minVersion: 'TLSv1.3' })).toContain('KMS_UNAVAILABLE')
    expect(bytes()).toBe(0)
    expect(await ask(url, { caFile: at('ca.pem') })).toEqual(['answered'])
  })

  it('that speaks no TLS gets no byte of a request in the clear', async () => {
    let text = ''
    const server = createTcpServer((socket) => {
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
      })
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    const { at } = await files()
    expect(
      await ask(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { caFile: at('ca.pem') }),
    ).toContain('KMS_UNAVAILABLE')
    expect(text).not.toMatch(/x-vault|root|keys/i)
  })

  it('has to bear the configured name, whatever its address', async () => {
    const authority = await TestAuthority.create()
    const { at } = await files()
    await writeFile(at('ca.pem'), authority.ca)
    const other = await serve(await authority.issue('wrong-host'))
    expect(await ask(other.url, { caFile: at('ca.pem'), serverName: 'other.example' })).toEqual(['answered'])
    const right = await serve(await authority.issue('good'))
    expect(await ask(right.url, { caFile: at('ca.pem'), serverName: 'other.example' })).toEqual([
      'KMS_UNAVAILABLE',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ])
    expect(right.bytes()).toBe(0)
  })
})

describe('a client certificate', () => {
  async function mutual() {
    const each = await files()
    const [cert, key, ca] = await Promise.all(
      ['server.pem', 'server.key', 'client-ca.pem'].map((name) => readFile(each.at(name))),
    )
    return { ...each, ...(await serve({ cert, key, ca, requestCert: true, rejectUnauthorized: true })) }
  }

  it('is shown, with a key that is encrypted or not, in each PEM form', async () => {
    const { at, url, passphrase, clientKey } = await mutual()
    const secret = { value: passphrase }
    const key = createPrivateKey(clientKey)
    await writeFile(at('sec1.key'), key.export({ type: 'sec1', format: 'pem' }))
    await writeFile(
      at('sec1-encrypted.key'),
      key.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase }),
    )
    const tls = { caFile: at('ca.pem'), certFile: at('client.pem') }
    expect(await ask(url, { ...tls, keyFile: at('client.key') })).toEqual(['answered'])
    expect(await ask(url, { ...tls, keyFile: at('sec1.key') })).toEqual(['answered'])
    expect(await ask(url, { ...tls, keyFile: at('client-encrypted.key'), keyPassphrase: secret })).toEqual(['answered'])
    expect(await ask(url, { ...tls, keyFile: at('sec1-encrypted.key'), keyPassphrase: secret })).toEqual(['answered'])
  })

  it('that is missing, or of somebody unknown, is refused by the server', async () => {
    const { at, url } = await mutual()
    expect(await ask(url, { caFile: at('ca.pem') })).toContain('KMS_UNAVAILABLE')
    expect(
      await ask(url, { caFile: at('ca.pem'), certFile: at('stranger.pem'), keyFile: at('stranger.key') }),
    ).toContain('KMS_UNAVAILABLE')
  })

  it.each<[string, (at: (name: string) => string) => VaultKmsConfig['tls'], string]>([
    ['no file', (at) => ({ caFile: at('nothing.pem') }), 'tls.caFile'],
    [
      'a wrong passphrase',
      (at) => ({
        certFile: at('client.pem'),
        keyFile: at('client-encrypted.key'),
        keyPassphrase: { value: 'kf-wrong' },
      }),
      'tls',
    ],
    ['no passphrase', (at) => ({ certFile: at('client.pem'), keyFile: at('client-encrypted.key') }), 'tls'],
    ['the key of another certificate', (at) => ({ certFile: at('client.pem'), keyFile: at('stranger.key') }), 'tls'],
    [
      'key and certificate in the wrong place',
      (at) => ({ certFile: at('client.key'), keyFile: at('client.pem') }),
      'tls',
    ],
    ['no PEM as authority', (at) => ({ caFile: at('client.key') }), 'tls.caFile'],
  ])('with %s is a mistake of the configuration, found at once', async (_, tls, field) => {
    const { at } = await files()
    const error: unknown = await connect(await FakeVault.start(), {
      address: 'https://127.0.0.1:1',
      tls: tls(at),
    }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path: field })
    expect(JSON.stringify(error) + String(error)).not.toMatch(/kf-wrong|BEGIN|keyfold-tls/)
  })
})

it('uses certificates that were renewed, at the next connection and without a restart', async () => {
  const { at } = await files()
  const { url, server } = await serve({ cert: await readFile(at('server.pem')), key: await readFile(at('server.key')) })
  const kms = await connect(await FakeVault.start(), { address: url, auth: ROOT, tls: { caFile: at('ca.pem') } })
  expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNKNOWN_ALIAS')
  const authority = await TestAuthority.create('Another')
  server.setSecureContext(await authority.issue('good'))
  server.closeAllConnections()
  expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNAVAILABLE')
  await copyFile(at('ca.pem'), at('old.pem'))
  await writeFile(at('ca.pem'), authority.ca)
  expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNKNOWN_ALIAS')
  // While a file is broken, what was read before counts.
  await writeFile(at('ca.pem'), '')
  server.closeAllConnections()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await codeOf(kms.resolveKek('orders'))).toBe('KMS_UNKNOWN_ALIAS')
})
