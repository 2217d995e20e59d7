import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, inspectRecord, type RecordEncryption } from '../../src/index.ts'
import { codeOf, records, setUp, verdictOf, WatchedKms } from '../records/support.ts'

const topics = [{ match: '*', kek: 'kek' }]

/** The same KMS behind a provider whose EDEKs name the version, as Vault's do. */
function versioned(version: { current: string }): { kms: WatchedKms; made: Map<string, string> } {
  const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const made = new Map<string, string>()
  const key = (edek: Uint8Array): string => Buffer.from(edek).toString('hex')
  const watched = new WatchedKms(kms)
  const kekOf = watched.kekOf.bind(watched)
  const generate = watched.generateDekPair.bind(watched)
  const resolve = watched.resolveKek.bind(watched)
  watched.kekOf = (edek) => ({ ...kekOf(edek), version: made.get(key(edek)) })
  watched.resolveKek = async (...call) => ({ ...(await resolve(...call)), version: version.current })
  watched.generateDekPair = async (...call) => {
    const pair = await generate(...call)
    made.set(key(pair.edek), version.current)
    return pair
  }
  return { kms: watched, made }
}

describe('what is distrusted', () => {
  it('opens no record any more: an EDEK by its SHA-256, and no other of its KEK', async () => {
    const { kms } = await setUp()
    const writer = await createRecordEncryption({ kms, topics })
    const [leaked] = await writer.encrypt('t', records(1))
    await writer.rotate()
    const [other] = await writer.encrypt('t', records(1))
    const edekSha256 = createHash('sha256').update(inspectRecord(leaked!)!.edek).digest('hex')
    const reader = await createRecordEncryption({ kms, topics, distrust: [{ edekSha256 }] })
    expect([await verdictOf(reader, 't', leaked!), await verdictOf(reader, 't', other!)]).toEqual([
      'RECORD_DISTRUSTED',
      'decrypted',
    ])
  })

  it('opens no record any more: a KEK, even out of the cache, under a boundary and as raw', async () => {
    const { kms } = await setUp()
    const { id } = await kms.resolveKek('kek')
    const writer = await createRecordEncryption({ kms, topics })
    const encrypted = await writer.encrypt('t', records(1))
    for (const more of [{}, { trustedKeks: 'boundary' }, { onDecryptError: 'raw' }] as const) {
      const reader = await createRecordEncryption({ kms, topics, distrust: [{ kekId: id }], ...more })
      expect(await codeOf(reader.decrypt('t', encrypted))).toBe('RECORD_DISTRUSTED')
    }
  })

  it('costs no request to unwrap', async () => {
    const { kms, admin } = await setUp()
    const { id } = await kms.resolveKek('kek')
    const encrypted = await (await createRecordEncryption({ kms, topics })).encrypt('t', records(1))
    const reader = await createRecordEncryption({ kms, topics, distrust: [{ kekId: id }] })
    admin.resetCalls()
    await codeOf(reader.decrypt('t', encrypted))
    expect(admin.calls.decryptEdek).toBe(0)
  })

  it('is one version of a KEK, both ways: after a rotation everything goes on', async () => {
    const version = { current: '1' }
    const { kms } = versioned(version)
    const old: RecordEncryption = await createRecordEncryption({ kms, topics, resilience: 'none' })
    const [leaked] = await old.encrypt('t', records(1))
    const { id } = await kms.resolveKek('kek')
    const now = await createRecordEncryption({
      kms,
      topics,
      distrust: [{ kekId: id, version: '1' }],
      resilience: 'none',
    })
    expect(await verdictOf(now, 't', leaked!)).toBe('RECORD_DISTRUSTED')
    await expect(now.encrypt('t', records(1))).rejects.toMatchObject({
      code: 'KMS_KEY_UNAVAILABLE',
      state: 'distrusted',
    })
    version.current = '2'
    const [fresh] = await now.encrypt('t', records(1))
    expect(await verdictOf(now, 't', fresh!)).toBe('decrypted')
  })

  it('is an error where it could never match: a version of a KEK whose EDEKs name none', async () => {
    const { kms } = await setUp()
    const { id } = await kms.resolveKek('kek')
    const encrypted = await (await createRecordEncryption({ kms, topics })).encrypt('t', records(1))
    const reader = await createRecordEncryption({ kms, topics, distrust: [{ kekId: id, version: '1' }] })
    await expect(reader.decrypt('t', encrypted)).rejects.toThrow(TypeError)
  })

  it('cannot be made an error by a record that names a KEK which the topic does not trust', async () => {
    const { kms } = await setUp({}, ['kek', 'other'])
    const other = await kms.resolveKek('other')
    const foreign = await (
      await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'other' }] })
    ).encrypt('t', records(1))
    const reader = await createRecordEncryption({ kms, topics, distrust: [{ kekId: other.id, version: '1' }] })
    expect(await verdictOf(reader, 't', foreign[0]!)).toBe('RECORD_KEK_UNTRUSTED')
  })

  it.each([
    { edekSha256: 'AB'.repeat(32) },
    { edekSha256: 'ab' },
    { kekId: '' },
    { version: '1' },
    { kekId: 'x', edekSha256: 'ab'.repeat(32) },
    'x',
  ])('is written exactly, never %o', async (entry) => {
    const { kms } = await setUp()
    await expect(createRecordEncryption({ kms, topics, distrust: [entry as never] })).rejects.toThrow('"distrust')
  })
})

describe('evict', () => {
  it('drops the DEKs of a KEK and requests everything of it anew', async () => {
    const { kms, admin } = await setUp()
    const encryption = await createRecordEncryption({ kms, topics })
    const encrypted = await encryption.encrypt('t', records(1))
    await encryption.decrypt('t', encrypted)
    const kek = await kms.resolveKek('kek')
    admin.resetCalls()
    await encryption.evict({ provider: kek.provider, id: 'another' })
    await encryption.decrypt('t', await encryption.encrypt('t', records(1)))
    expect(admin.calls).toMatchObject({ resolveKek: 0, generateDekPair: 0, decryptEdek: 0 })
    await encryption.evict(kek)
    await encryption.encrypt('t', records(1))
    await encryption.decrypt('t', encrypted)
    expect(admin.calls).toMatchObject({ resolveKek: 1, generateDekPair: 1, decryptEdek: 1 })
  })
})
