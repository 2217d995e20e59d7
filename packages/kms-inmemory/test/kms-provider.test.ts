import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterAll, describe, expect, it } from 'vitest'

import type { KmsContext } from '@keyfold/kms-api'

import { adminOf } from '../src/index.ts'
import provider from '../src/kms-provider.ts'
import { ID, isSameKey, OTHER_ID } from './dek-pairs.ts'
import { fromHex, readVectors } from './vectors.ts'

const baseDirectory = mkdtempSync(join(tmpdir(), 'keyfold-inmemory-'))
afterAll(() => {
  rmSync(baseDirectory, { recursive: true })
})
const context: KmsContext = { baseDirectory }
const [keyOne, keyTwo] = [1, 2].map(() => Buffer.from(randomFillSync(new Uint8Array(32))).toString('base64')) as [
  string,
  string,
]

function create(config: unknown): ReturnType<typeof provider.create> {
  return provider.create(config as never, context)
}

function config(...versions: object[]): object {
  return { insecure: 'test-only', keks: [{ id: ID, alias: 'payments', versions }] }
}

describe('the in-memory provider', () => {
  it('says what it is', () => {
    expect([provider.name, provider.contract]).toEqual(['inmemory', 1])
  })

  it('makes a KMS of its configuration, the same one every time', async () => {
    const [first, second] = [await create(config({ value: keyOne })), await create(config({ value: keyOne }))]
    const kek = await first.resolveKek('payments')
    const { dek, edek } = await first.generateDekPair(kek)
    dek.claim('records')
    expect(isSameKey(dek, await second.decryptEdek(second.kekOf(edek), edek))).toBe(true)
    const stranger = await create(config({ value: keyTwo }))
    await expect(stranger.decryptEdek(kek, edek)).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })
  })

  it('wraps with the last version and unwraps with all', async () => {
    const [old, both] = [
      await create(config({ value: keyOne })),
      await create(config({ value: keyOne }, { value: keyTwo })),
    ]
    const kek = await both.resolveKek('payments')
    expect(kek.version).toBe('2')
    await expect(both.decryptEdek(kek, (await old.generateDekPair(kek)).edek)).resolves.toBeDefined()
    await expect(old.decryptEdek(kek, (await both.generateDekPair(kek)).edek)).rejects.toMatchObject({
      code: 'KMS_INVALID_EDEK',
    })
  })

  it('reads keys out of files and variables', async () => {
    writeFileSync(join(baseDirectory, 'kek'), `${keyOne}\n`)
    process.env['KEYFOLD_TEST_KEK'] = keyOne
    const secrets = [{ file: 'kek' }, { env: 'KEYFOLD_TEST_KEK' }, { value: keyOne }]
    const [first, ...others] = await Promise.all(secrets.map((secret) => create(config(secret))))
    delete process.env['KEYFOLD_TEST_KEK']
    const kek = await first!.resolveKek('payments')
    const { edek } = await first!.generateDekPair(kek)
    for (const kms of others) await expect(kms.decryptEdek(kek, edek)).resolves.toBeDefined()
    expect(others).toHaveLength(2)
  })

  it('takes a KEK without an alias, and no KEK at all', async () => {
    const kms = await create({ insecure: 'test-only', keks: [{ id: ID, versions: [{ value: keyOne }] }] })
    expect((await kms.resolveKek(ID)).id).toBe(ID)
    await expect(create({ insecure: 'test-only', keks: [] })).resolves.toBeDefined()
  })

  it('lets a test administer the keys', async () => {
    const kms = await create(config({ value: keyOne }))
    adminOf(kms).disableKek('payments')
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ state: 'disabled' })
  })

  const short = Buffer.from(new Uint8Array(31).fill(0xee)).toString('base64')
  const kek = { id: ID, alias: 'payments', versions: [{ value: keyOne }] }
  const other = { ...kek, id: OTHER_ID, alias: 'salaries' }
  const testOnly = '"insecure" expected "test-only": this KMS keeps its keys in memory and protects nothing'
  const keksOf = (...keks: unknown[]) => ({ insecure: 'test-only', keks })
  const bad: [string, unknown, string, string][] = [
    ['without "insecure"', { keks: [kek] }, 'insecure', testOnly],
    ['with another "insecure"', { insecure: true, keks: [kek] }, 'insecure', 'expected "test-only"'],
    ['with nothing', undefined, '', 'expected'],
    ['without KEKs', { insecure: 'test-only' }, 'keks', 'expected array'],
    ['with a misspelt field', { insecure: 'test-only', keks: [], kek: [] }, 'kek', 'unknown key'],
    ['with a misspelt field of a KEK', keksOf({ ...kek, alais: 'a' }), 'keks[0].alais', 'unknown key'],
    ['with a UUID in upper case', keksOf({ ...kek, id: ID.toUpperCase() }), 'keks[0].id', 'expected a UUID'],
    [
      'with a UUID that is used twice',
      keksOf(other, kek, { ...kek, alias: 'x' }),
      'keks[2].id',
      'expected a different id',
    ],
    [
      'with an alias that is used twice',
      keksOf(kek, { ...other, alias: 'payments' }),
      'keks[1].alias',
      'expected a different alias',
    ],
    [
      'with an alias that looks like a UUID',
      keksOf({ ...kek, alias: OTHER_ID.toUpperCase() }),
      'keks[0].alias',
      'expected a name',
    ],
    ['with an empty alias', keksOf({ ...kek, alias: '' }), 'keks[0].alias', 'expected'],
    ['without a version', keksOf({ ...kek, versions: [] }), 'keks[0].versions', 'expected'],
    [
      'with a key instead of a secret',
      keksOf({ ...kek, versions: [keyOne] }),
      'keks[0].versions[0]',
      'expected exactly one of "value"',
    ],
    [
      'with a key of 31 bytes',
      config({ value: keyOne }, { value: short }),
      'keks[0].versions[1]',
      'base64 of 32 bytes, got 31 bytes',
    ],
    [
      'with a key that is not base64',
      config({ value: `${keyOne.slice(0, 42)}!=` }),
      'keks[0].versions[0]',
      'got other text',
    ],
    ['with a key without padding', config({ value: keyOne.slice(0, 43) }), 'keks[0].versions[0]', 'got other text'],
    [
      'with a file that is not there',
      config({ file: 'nothing' }),
      'keks[0].versions[0].file',
      'expected a file that can be read',
    ],
  ]
  it.each(bad)('does not start %s, and says where and why', async (_, given, path, message) => {
    const error: unknown = await create(given).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path, provider: 'inmemory', operation: 'create' })
    expect((error as Error).message).toContain(message)
    const shown = inspect(error, { showHidden: true, depth: 9 })
    for (const secret of [keyOne, keyTwo, short]) expect(shown).not.toContain(secret.slice(0, 12))
  })

  it('describes its configuration as JSON Schema', () => {
    const schema = provider.configSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    expect(schema).toMatchObject({ type: 'object', required: ['insecure', 'keks'], additionalProperties: false })
    expect(schema).toMatchObject({ properties: { insecure: { const: 'test-only' } } })
    expect(JSON.stringify(schema)).toContain('"env"')
  })

  it('reads which KEK any EDEK names, without a configuration', () => {
    const { cases } = readVectors('golden-edeks.json') as { cases: { hex: string }[] }
    expect(provider.readEdek?.(fromHex(cases[0]?.hex ?? ''))).toEqual({
      provider: 'inmemory',
      id: ID,
      wrapping: 'authenticated',
    })
    expect(provider.readEdek?.(Uint8Array.of(0, 1, 2))).toBeUndefined()
  })
})
