import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { inspect } from 'node:util'

import { generate } from 'selfsigned'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import {
  createHttpClient,
  HttpFailure,
  loadTlsFiles,
  parseConfig,
  tlsSchema,
  type TlsConfig,
} from '../../../src/provider-kit/index.ts'
import { temporaryDirectory } from '../../temporary-directory.ts'
import { serve, type TestServer } from './serve.ts'

const PASSPHRASE = 'kf-canary-passphrase'
const OPTIONS = { path: 'tls', provider: 'test' }

interface Pair {
  readonly cert: string
  readonly key: string
}

/** A certificate that is its own authority, for one host. */
async function certificate(host: string): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [{ type: 2, value: host }, ...(host === 'localhost' ? [{ type: 7 as const, ip: '127.0.0.1' }] : [])],
      },
    ],
  })
  return { cert, key }
}

let server: Pair
let client: Pair
let other: Pair

beforeAll(async () => {
  ;[server, client, other] = [
    await certificate('localhost'),
    await certificate('client'),
    await certificate('other.example'),
  ]
})

async function clientOf(tls: TlsConfig, baseDirectory: string) {
  const files = await loadTlsFiles(tls, { ...OPTIONS, baseDirectory })
  const http = await createHttpClient({ timeoutMs: 2_000, connectMs: 2_000, tls: files })
  onTestFinished(() => http.close())
  return { http, files }
}

async function outcome(http: Awaited<ReturnType<typeof clientOf>>['http'], { origin }: TestServer): Promise<string> {
  return await http.request({ method: 'GET', url: new URL('/', origin), headers: {} }).then(
    ({ status }) => String(status),
    (error: unknown) => (error instanceof HttpFailure ? error.reason : String(error)),
  )
}

describe('TLS by files', () => {
  it('trusts the authorities of the CA file, and nobody else', async () => {
    const folder = temporaryDirectory({ 'ca.pem': server.cert, 'other.pem': other.cert })
    const good = await serve((_, response) => response.end(), server)
    expect(await outcome((await clientOf({ caFile: 'ca.pem' }, folder)).http, good)).toBe('200')
    expect(await outcome((await clientOf({ caFile: 'other.pem' }, folder)).http, good)).toBe('network')
    expect(await outcome((await clientOf({}, folder)).http, good)).toBe('network')
  })

  it('wants the host of the address, or the configured name', async () => {
    const folder = temporaryDirectory({ 'other.pem': other.cert })
    const elsewhere = await serve((_, response) => response.end(), other)
    expect(await outcome((await clientOf({ caFile: 'other.pem' }, folder)).http, elsewhere)).toBe('network')
    expect(elsewhere.bytes()).toBe(0)
    expect(
      await outcome((await clientOf({ caFile: 'other.pem', serverName: 'other.example' }, folder)).http, elsewhere),
    ).toBe('200')
  })

  it('shows the client certificate, with a key that is encrypted or not', async () => {
    const encrypted = createPrivateKey(client.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
      .toString()
    const folder = temporaryDirectory({
      'ca.pem': server.cert,
      'client.pem': client.cert,
      'client.key': client.key,
      'encrypted.key': encrypted,
    })
    const mutual = await serve((_, response) => response.end(), {
      ...server,
      ca: client.cert,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const tls = { caFile: 'ca.pem', certFile: 'client.pem' }
    expect(await outcome((await clientOf({ ...tls, keyFile: 'client.key' }, folder)).http, mutual)).toBe('200')
    const { http, files } = await clientOf(
      { ...tls, keyFile: 'encrypted.key', keyPassphrase: { value: PASSPHRASE } },
      folder,
    )
    expect(await outcome(http, mutual)).toBe('200')
    expect(inspect(files, { depth: 9 })).not.toContain('PRIVATE')
    expect(await outcome((await clientOf({ caFile: 'ca.pem' }, folder)).http, mutual)).toBe('network')
  })

  it('speaks no older version than asked for', async () => {
    const folder = temporaryDirectory({ 'ca.pem': server.cert })
    const old = await serve((_, response) => response.end(), { ...server, maxVersion: 'TLSv1.2' })
    expect(await outcome((await clientOf({ caFile: 'ca.pem', minVersion: 'TLSv1.3' }, folder)).http, old)).toBe(
      'network',
    )
    expect(await outcome((await clientOf({ caFile: 'ca.pem' }, folder)).http, old)).toBe('200')
  })

  it('speaks no version before TLS 1.2, even where OpenSSL allows them', async () => {
    const ciphers = tls.DEFAULT_CIPHERS
    tls.DEFAULT_CIPHERS = 'DEFAULT:@SECLEVEL=0'
    onTestFinished(() => {
      tls.DEFAULT_CIPHERS = ciphers
    })
    const folder = temporaryDirectory({ 'ca.pem': server.cert })
    const old = await serve((_, response) => response.end(), { ...server, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
    const spoken = tls.connect({ port: old.port, host: '127.0.0.1', ca: server.cert, minVersion: 'TLSv1' })
    await once(spoken, 'secureConnect')
    expect(spoken.getProtocol()).toBe('TLSv1.1')
    spoken.destroy()
    const before = old.connections()
    expect(await outcome((await clientOf({ caFile: 'ca.pem' }, folder)).http, old)).toBe('network')
    const http = await createHttpClient({ timeoutMs: 2_000, connectMs: 2_000 })
    onTestFinished(() => http.close())
    const error: unknown = await http
      .request({ method: 'GET', url: new URL('/', old.origin), headers: {} })
      .catch((reason: unknown) => reason)
    // Not the certificate, which nobody gets to see.
    expect(error).toMatchObject({
      reason: 'network',
      cause: { code: expect.stringMatching(/PROTOCOL_VERSION/) as string },
    })
    expect(old.connections()).toBe(before)
  })

  it('reads files again when they have changed, and keeps what it had while they are broken or gone', async () => {
    const folder = temporaryDirectory({ 'ca.pem': other.cert })
    const file = path.join(folder, 'ca.pem')
    const { http } = await clientOf({ caFile: 'ca.pem' }, folder)
    const server1 = await serve((_, response) => response.writeHead(200, { connection: 'close' }).end(), server)
    expect(await outcome(http, server1)).toBe('network')
    writeFileSync(file, server.cert)
    expect(await outcome(http, server1)).toBe('200')
    writeFileSync(file, 'no certificate')
    expect(await outcome(http, server1)).toBe('200')
    rmSync(file)
    expect(await outcome(http, server1)).toBe('200')
  })

  it.each<[string, TlsConfig, string]>([
    ['a file that is not there', { caFile: 'nothing.pem' }, 'tls.caFile'],
    ['a folder', { caFile: '.' }, 'tls.caFile'],
    ['authorities that are none', { caFile: 'client.key' }, 'tls.caFile'],
    ['a key that does not fit', { certFile: 'client.pem', keyFile: 'other.key' }, 'tls'],
    ['a key that is none', { certFile: 'client.pem', keyFile: 'client.pem' }, 'tls'],
    ['no passphrase', { certFile: 'client.pem', keyFile: 'encrypted.key' }, 'tls'],
    [
      'a passphrase that is wrong',
      { certFile: 'client.pem', keyFile: 'encrypted.key', keyPassphrase: { value: 'kf-canary-wrong' } },
      'tls',
    ],
    [
      'a passphrase that cannot be read',
      { certFile: 'client.pem', keyFile: 'encrypted.key', keyPassphrase: { file: 'nothing' } },
      'tls.keyPassphrase.file',
    ],
  ])('is a mistake of the configuration with %s', async (_, tls, field) => {
    const encrypted = createPrivateKey(client.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
      .toString()
    const folder = temporaryDirectory({
      'client.pem': client.cert,
      'client.key': client.key,
      'other.key': other.key,
      'encrypted.key': encrypted,
    })
    const error: unknown = await loadTlsFiles(tls, { ...OPTIONS, baseDirectory: folder }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path: field })
    expect(inspect(error, { depth: 9 })).not.toMatch(/canary|PRIVATE KEY/)
  })

  it.each<[object, string]>([
    [{ certFile: 'x' }, 'keyFile'],
    [{ keyFile: 'x' }, 'certFile'],
    [{ keyPassphrase: { value: 'x' } }, 'keyPassphrase'],
    [{ minVersion: 'TLSv1.1' }, 'minVersion'],
    [{ insecure: true }, 'insecure'],
  ])('is configured as its schema says (%j)', async (config, field) => {
    await expect(parseConfig(tlsSchema, config, { provider: 'test' })).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: field,
    })
  })
})
