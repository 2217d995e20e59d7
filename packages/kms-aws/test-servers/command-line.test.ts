import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { createWorkspace, keyfold, titleOf } from '@keyfold/servers/testing'

import { decodeEdek } from '../src/edek.ts'
import { FakeAws } from '../test/support/fake-aws.ts'
import { fromBase64, readVectors } from '../test/vectors.ts'
import { REGION } from './support/aws-facade.ts'
import { startCountingProxy, type CountingProxy } from './support/counting-proxy.ts'

const localstack = inject('localstack')
const credentials = { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: 'test' } }

function configuration(endpoint: string, encryption: object): string {
  // JSON is YAML.
  return JSON.stringify({
    kms: { provider: 'aws', config: { region: REGION, endpoint, credentials, timeouts: { requestMs: 30_000 } } },
    encryption,
  })
}

/** 20,000 flights of the U.S. Bureau of Transportation Statistics, by the npm package vega-datasets. */
function flights(topic: string): string[] {
  const folder =
    createRequire(import.meta.url)
      .resolve('vega-datasets')
      .split('vega-datasets')[0] ?? ''
  const data = JSON.parse(readFileSync(`${folder}vega-datasets/data/flights-20k.json`, 'utf8')) as { origin: string }[]
  return data.map((flight) => JSON.stringify({ topic, key: flight.origin, value: flight }))
}

describe.skipIf(localstack.missing !== undefined)(titleOf('the command line on LocalStack', localstack), () => {
  const workspace = createWorkspace('aws')
  let proxy: CountingProxy

  beforeAll(async () => {
    const admin = new KMSClient({
      region: REGION,
      endpoint: localstack.url ?? '',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    const { KeyMetadata } = await admin.send(new CreateKeyCommand({}))
    await admin.send(new CreateAliasCommand({ AliasName: 'alias/KEK-flights', TargetKeyId: KeyMetadata?.KeyId }))
    admin.destroy()
    proxy = await startCountingProxy(localstack.url ?? '')
    writeFileSync(
      join(workspace.folder, 'keyfold.yaml'),
      configuration(proxy.url, { topics: [{ match: 'flights', kek: 'KEK-$(topicName)' }] }),
    )
  })

  afterAll(async () => {
    await proxy.stop()
    workspace.remove()
  })

  it('encrypts and decrypts 20,000 records with two requests each way, and gives every byte back', async () => {
    const lines = flights('flights')
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
      summary: { records: 20_000, encrypted: 20_000, deksGenerated: 1 },
    })
    expect(Object.fromEntries(proxy.counts)).toEqual({ DescribeKey: 1, GenerateDataKey: 1 })
    proxy.reset()

    const decrypted = await keyfold(
      workspace.folder,
      'decrypt',
      'encrypted.ndjson',
      '--output',
      'decrypted.ndjson',
      '--topic',
      'flights',
      ...common,
    )
    expect(decrypted, decrypted.stderr).toMatchObject({ code: 0, summary: { records: 20_000, decrypted: 20_000 } })
    expect(Object.fromEntries(proxy.counts)).toEqual({ DescribeKey: 1, Decrypt: 1 })

    const [before, after] = ['flights.ndjson', 'decrypted.ndjson'].map((name) =>
      readFileSync(join(workspace.folder, name)),
    )
    expect(after!.equals(before!)).toBe(true)
    for (const { summary } of [encrypted, decrypted]) process.stderr.write(`measured: ${JSON.stringify(summary)}\n`)
  })

  it('inspects an encrypted record without a request', async () => {
    proxy.reset()
    const { code, stdout } = await keyfold(
      workspace.folder,
      'inspect',
      'encrypted.ndjson',
      '--provider',
      'aws',
      '--config',
      'keyfold.yaml',
      '--json',
    )
    expect(code).toBe(0)
    expect(stdout.split('\n')[0]).toMatch(/"aws".*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)
    expect(proxy.total()).toBe(0)
  })
})

interface LiveRecord {
  readonly id: string
  readonly kind: 'live' | 'tombstone'
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | { seed: number; len: number } | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly enc: { readonly value: string | null; readonly headers: readonly (readonly [string, string | null])[] }
  readonly dek?: number
}

/** Long values are written down as the seed that they were made of; the vectors' README says how. */
function originalOf(value: LiveRecord['value']): string | null {
  if (value === null || typeof value === 'string') return value
  const blocks = Array.from({ length: Math.ceil(value.len / 32) }, (_, i) =>
    createHash('sha256').update(`keyfold-corpus:${value.seed}:${i}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, value.len).toString('base64')
}

const data = (value: string | null) => (value === null ? null : { base64: value })
const headersOf = (headers: LiveRecord['headers']) => headers.map(([key, value]) => ({ key, value: data(value) }))
/** The command line writes a string where the bytes are UTF-8: read either form. */
const bytesOf = (value: string | { base64: string } | null | undefined): string | null =>
  value === null || value === undefined
    ? null
    : typeof value === 'string'
      ? Buffer.from(value).toString('base64')
      : value.base64

describe('the command line on the live records of Kroxylicious and its AWS KMS plug-in', () => {
  it('recovers every record through the provider, from an AWS KMS that knows their EDEKs', async () => {
    const live = readVectors('kroxylicious-live.json') as { deks: [string, string][]; cases: LiveRecord[] }
    const aws = new FakeAws()
    await aws.start()
    const workspace = createWorkspace('aws')
    try {
      for (const [edek, dek] of live.deks) {
        const fields = decodeEdek(fromBase64(edek))
        aws.addKey(fields!.keyId)
        aws.know(fields!.keyId, fields!.blob, Uint8Array.from(Buffer.from(dek, 'hex')))
      }
      // The records were written without a binding, under whichever key of the account their topic had.
      aws.addKey('00000000-0000-4000-8000-000000000000')
      const rule = {
        match: '*',
        kek: '00000000-0000-4000-8000-000000000000',
        trustedKeks: 'boundary',
        onPlaintext: 'allow',
        binding: { read: 'off' },
      }
      writeFileSync(join(workspace.folder, 'keyfold.yaml'), configuration(aws.url, { topics: [rule] }))
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
              value: string | { base64: string } | null
              headers?: { key: string; value: string | { base64: string } | null }[]
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
      expect(aws.requests.filter(({ operation }) => operation === 'Decrypt').length).toBe(live.deks.length)
    } finally {
      await aws.stop()
      workspace.remove()
    }
  })
})
