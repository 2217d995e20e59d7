import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { createWorkspace, keyfold, titleOf } from '@keyfold/servers/testing'

import { decodeEdek } from '../src/edek.ts'
import { FakeVault } from '../test/support/fake-vault.ts'
import { readVectors } from '../test/vectors.ts'
import { AuditLog } from './support/audit-log.ts'
import { rolePolicy } from './support/role-policy.ts'
import { Root } from './support/root.ts'

const vault = inject('vault')
const MOUNT = 'team/kf-cli'

function configuration(config: object, encryption: object): string {
  // JSON is YAML.
  return JSON.stringify({ kms: { provider: 'vault', config }, encryption })
}

/** 20,000 flights of the U.S. Bureau of Transportation Statistics, by the npm package vega-datasets, of ten topics. */
function flights(): string[] {
  const folder =
    createRequire(import.meta.url)
      .resolve('vega-datasets')
      .split('vega-datasets')[0] ?? ''
  const data = JSON.parse(readFileSync(`${folder}vega-datasets/data/flights-20k.json`, 'utf8')) as { origin: string }[]
  return data.map((flight, i) => JSON.stringify({ topic: `flights-${i % 10}`, key: flight.origin, value: flight }))
}

describe.skipIf(vault.missing !== undefined)(titleOf('the command line on Vault', vault), () => {
  const workspace = createWorkspace('vault')
  const root = new Root(vault.url ?? '', vault.rootToken ?? '')
  let audit: AuditLog

  beforeAll(async () => {
    await root.mountTransit(MOUNT)
    for (let i = 0; i < 10; i++) await root.call('POST', `${MOUNT}/keys/KEK-flights-${i}`, {})
    await root.writePolicy('kf-cli', rolePolicy({ mount: MOUNT, keys: ['KEK-*'] }))
    const token = await root.createToken(['kf-cli'], { period: '1h' })
    writeFileSync(join(workspace.folder, 'token'), `${token}\n`)
    const config = { address: vault.url, mount: MOUNT, auth: { method: 'token', token: { file: 'token' } } }
    writeFileSync(
      join(workspace.folder, 'keyfold.yaml'),
      configuration(config, { topics: [{ match: 'flights-*', kek: 'KEK-$(topicName)' }] }),
    )
    audit = await AuditLog.start(root)
    audit.responses()
  })

  afterAll(async () => {
    await audit.stop()
    workspace.remove()
  })

  /** How many calls of the engine the server has noted since the last time, by operation. */
  function transitCalls(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { request } of audit.responses()) {
      const [, operation] = request.path.startsWith(`${MOUNT}/`)
        ? (/^team\/kf-cli\/(keys|datakey|encrypt|decrypt)\//.exec(request.path) ?? [])
        : []
      if (operation !== undefined) counts[operation] = (counts[operation] ?? 0) + 1
    }
    return counts
  }

  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((all, count) => all + count, 0)

  it('encrypts and decrypts 20,000 records of ten topics with as many calls as it reports, by the audit log of the server', async () => {
    const lines = flights()
    expect(lines.length).toBe(20_000)
    writeFileSync(join(workspace.folder, 'flights.ndjson'), `${lines.join('\n')}\n`)
    const common = ['--config', 'keyfold.yaml', '--value', 'json', '--json', '--no-progress']

    const encrypted = await keyfold(
      workspace.folder,
      'encrypt',
      'flights.ndjson',
      '--output',
      'encrypted.ndjson',
      ...common,
    )
    expect(encrypted, encrypted.stderr).toMatchObject({
      code: 0,
      summary: { records: 20_000, encrypted: 20_000, deksGenerated: 10 },
    })
    const encrypting = transitCalls()
    expect(encrypting).toEqual({ keys: 10, datakey: 10 })
    expect(sum(encrypting)).toBe(callsOf(encrypted.summary))

    const decrypted = await keyfold(
      workspace.folder,
      'decrypt',
      'encrypted.ndjson',
      '--output',
      'decrypted.ndjson',
      ...common,
    )
    expect(decrypted, decrypted.stderr).toMatchObject({ code: 0, summary: { records: 20_000, decrypted: 20_000 } })
    const decrypting = transitCalls()
    expect(decrypting).toEqual({ keys: 10, decrypt: 10 })
    expect(sum(decrypting)).toBe(callsOf(decrypted.summary))

    const [before, after] = ['flights.ndjson', 'decrypted.ndjson'].map((name) =>
      readFileSync(join(workspace.folder, name)),
    )
    expect(after!.equals(before!)).toBe(true)
    for (const { summary } of [encrypted, decrypted]) process.stderr.write(`measured: ${JSON.stringify(summary)}\n`)
  })
})

function callsOf(summary: unknown): number {
  const { kmsCalls } = summary as { readonly kmsCalls: number | Readonly<Record<string, number>> }
  return typeof kmsCalls === 'number' ? kmsCalls : Object.values(kmsCalls).reduce((all, count) => all + count, 0)
}

interface LiveRecord {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | { readonly seed: number; readonly len: number } | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly enc: { readonly value: string | null; readonly headers: readonly (readonly [string, string | null])[] }
}

type Data = string | { readonly base64: string } | null

/** Long values are written down as the seed that they were made of; the vectors' README says how. */
function originalOf(value: LiveRecord['value']): string | null {
  if (value === null || typeof value === 'string') return value
  const blocks = Array.from({ length: Math.ceil(value.len / 32) }, (_, i) =>
    createHash('sha256').update(`keyfold-corpus:${value.seed}:${i}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, value.len).toString('base64')
}

const data = (value: string | null): Data => (value === null ? null : { base64: value })
const headersOf = (headers: LiveRecord['headers']) => headers.map(([key, value]) => ({ key, value: data(value) }))
/** The command line writes a string where the bytes are UTF-8: read either form. */
const bytesOf = (value: Data | undefined): string | null =>
  value === null || value === undefined
    ? null
    : typeof value === 'string'
      ? Buffer.from(value).toString('base64')
      : value.base64

describe('the command line on the live records of Kroxylicious and its Vault plug-in', () => {
  it('recovers every record through the provider, from a Vault that knows their EDEKs', async () => {
    const live = readVectors('kroxylicious-live.json') as {
      readonly deks: readonly (readonly [string, string])[]
      readonly cases: readonly LiveRecord[]
    }
    const fake = await FakeVault.start()
    const workspace = createWorkspace('vault')
    try {
      const known = new Map(
        live.deks.map(([edek, dek]) => [decodeEdek(Uint8Array.from(Buffer.from(edek, 'base64')))?.ciphertext, dek]),
      )
      // The KEKs of the records, which no rule names exactly, are looked up before anything is unwrapped.
      for (const edek of live.deks.map(([edek]) => decodeEdek(Uint8Array.from(Buffer.from(edek, 'base64')))))
        if (edek !== undefined) fake.addKey(edek.keyName, { latest_version: 1 })
      fake.script = ({ url, body }) => {
        const dek = url.startsWith('/v1/transit/decrypt/KEK_') ? known.get(String(body['ciphertext'])) : undefined
        return dek === undefined
          ? undefined
          : { status: 200, body: { data: { plaintext: Buffer.from(dek, 'hex').toString('base64') } } }
      }
      const rule = {
        match: '*',
        kek: 'orders',
        trustedKeks: 'boundary',
        onPlaintext: 'allow',
        binding: { read: 'off' },
      }
      const config = { address: fake.url, auth: { method: 'token', token: { value: 'root' }, renew: false } }
      writeFileSync(join(workspace.folder, 'keyfold.yaml'), configuration(config, { topics: [rule] }))
      const lines = live.cases.map(({ topic, partition, offset, key, enc }) =>
        JSON.stringify({
          topic,
          partition,
          offset,
          key: data(key),
          value: data(enc.value),
          headers: headersOf(enc.headers),
        }),
      )
      writeFileSync(join(workspace.folder, 'live.ndjson'), `${lines.join('\n')}\n`)
      const { code, stdout, stderr } = await keyfold(
        workspace.folder,
        'decrypt',
        'live.ndjson',
        '--config',
        'keyfold.yaml',
        '--no-progress',
      )
      expect(code, stderr).toBe(0)
      const opened = stdout
        .trimEnd()
        .split('\n')
        .map(
          (line) =>
            JSON.parse(line) as {
              readonly value: Data
              readonly headers?: readonly { readonly key: string; readonly value: Data }[]
            },
        )
      expect(opened.length).toBe(live.cases.length)
      for (const [i, { value, headers, id }] of live.cases.entries()) {
        expect([id, bytesOf(opened[i]!.value)]).toEqual([id, originalOf(value)])
        expect([id, (opened[i]!.headers ?? []).map((header) => [header.key, bytesOf(header.value)])]).toEqual([
          id,
          headers,
        ])
      }
      expect(fake.paths.filter((path) => path.startsWith('transit/decrypt/')).length).toBe(live.deks.length)
    } finally {
      workspace.remove()
    }
  })
})
