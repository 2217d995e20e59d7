import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { createWorkspace, keyfold } from '@keyfold/servers/testing'

import { configOf } from './support/key-vault-facade.ts'
import { withVault } from './support/with-vault.ts'

const RECORDS = 20_000
const OPTIONS = ['--config', 'keyfold.yaml', '--value', 'json', '--json', '--no-progress']

/** 20,000 flights of the U.S. Bureau of Transportation Statistics, by the npm package vega-datasets. */
function flights(topic: string): string {
  const folder =
    createRequire(import.meta.url)
      .resolve('vega-datasets')
      .split('vega-datasets')[0] ?? ''
  const data = JSON.parse(readFileSync(`${folder}vega-datasets/data/flights-20k.json`, 'utf8')) as { origin: string }[]
  return data.map((flight) => `${JSON.stringify({ topic, key: flight.origin, value: flight })}\n`).join('')
}

describe('the command line', () => {
  const vault = withVault({ kind: 'vault' })
  const workspace = createWorkspace('azure')

  beforeEach(() => {
    vi.stubEnv('IDENTITY_ENDPOINT', `${vault.server.url}/msi/token`)
    vi.stubEnv('IDENTITY_HEADER', 'kf')
    vault.server.keys.create('KEK-flights', { type: 'RSA' })
    const config = { ...configOf(vault.server, vault.server.url), credentials: { method: 'managedIdentity' } }
    const kms = { provider: 'azure', config }
    const encryption = { topics: [{ match: 'flights', kek: 'KEK-$(topicName)' }] }
    // JSON is YAML.
    writeFileSync(join(workspace.folder, 'keyfold.yaml'), JSON.stringify({ kms, encryption }))
  })

  afterEach(() => {
    vi.unstubAllEnvs()
    workspace.remove()
  })

  test(
    'encrypts and decrypts 20,000 records with two requests each way, and gives every byte back',
    { timeout: 120_000 },
    async () => {
      const at = (name: string): string => join(workspace.folder, name)
      writeFileSync(at('flights.ndjson'), flights('flights'))
      const encrypt = ['encrypt', 'flights.ndjson', '--output', 'encrypted.ndjson', ...OPTIONS]
      const encrypted = await keyfold(workspace.folder, ...encrypt)
      expect(encrypted, encrypted.stderr).toMatchObject({ code: 0, summary: { encrypted: RECORDS, deksGenerated: 1 } })
      expect(vault.operations()).toEqual(['GET', 'wrapkey'])
      vault.server.requests.length = 0
      const decrypt = ['decrypt', 'encrypted.ndjson', '--output', 'decrypted.ndjson', '--topic', 'flights', ...OPTIONS]
      const decrypted = await keyfold(workspace.folder, ...decrypt)
      expect(decrypted, decrypted.stderr).toMatchObject({ code: 0, summary: { decrypted: RECORDS } })
      expect(vault.operations()).toEqual(['GET', 'unwrapkey'])
      expect(readFileSync(at('decrypted.ndjson')).equals(readFileSync(at('flights.ndjson')))).toBe(true)
    },
  )
})
