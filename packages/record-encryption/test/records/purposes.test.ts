import { describe, expect, it } from 'vitest'

import type { Dek, DekPurpose, Edek, Kms } from '@keyfold/kms-api'
import { cachingKms } from '@keyfold/kms-api/resilience'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, type RecordError } from '../../src/index.ts'
import { encodeHead } from '../../src/wire/wrapper.ts'
import { bytes, textOf } from './support.ts'

const TOPICS = [{ match: '*', kek: 'kek' }]
const SALT = new Uint8Array(16)
const INFO = new Uint8Array()

/** A parcel of five bytes of value and no headers: ZV 5, the text, ZV absent. */
const PARCEL = Uint8Array.of(10, ...bytes('stole'), 1)

/** Puts the parcel into a record under `edek`, sealed by `dek` as it is. */
function recordOf(edek: Edek, dek: Dek) {
  const head = encodeHead(edek)
  const value = new Uint8Array(head.length + 12 + PARCEL.length + 16)
  const iv = head.length
  value.set(head)
  value.set(PARCEL, iv + 12)
  dek.sealRegions(value, Uint32Array.of(iv, iv + 12, PARCEL.length, iv + 12 + PARCEL.length), 1)
  return { value, headers: [{ key: 'kroxylicious.io/encryption', value: Uint8Array.of(2) }] }
}

/** The handle that seals and opens for a purpose: the DEK itself for records, a derived one for anything else. */
function handleFor(dek: Dek, purpose: DekPurpose): Dek {
  dek.claim(purpose)
  if (purpose === 'records') return dek
  const derived = dek.deriveDek(SALT, INFO)
  derived.claim(purpose)
  return derived
}

async function setUp(): Promise<{ kms: Kms; read: (record: ReturnType<typeof recordOf>) => Promise<string> }> {
  const kms = cachingKms(createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] }).kms)
  const reader = await createRecordEncryption({ kms, topics: TOPICS })
  const read = async (record: ReturnType<typeof recordOf>): Promise<string> => {
    try {
      const [opened] = await reader.decrypt('t', [record])
      return textOf(opened!.value) ?? ''
    } catch (error) {
      return (error as RecordError).code
    }
  }
  return { kms, read }
}

describe('a well-formed parcel under the EDEK of a record', () => {
  it('opens where it was sealed for records, which shows that the parcel is right', async () => {
    const { kms, read } = await setUp()
    const { dek, edek } = await kms.generateDekPair(await kms.resolveKek('kek'))
    expect(await read(recordOf(edek, handleFor(dek, 'records')))).toBe('stole')
  })

  it.each(['envelopes', 'fields'] as const)('is RECORD_AUTHENTICATION where it was sealed for %s', async (purpose) => {
    const { kms, read } = await setUp()
    const { dek, edek } = await kms.generateDekPair(await kms.resolveKek('kek'))
    expect(await read(recordOf(edek, handleFor(dek, purpose)))).toBe('RECORD_AUTHENTICATION')
  })
})

describe('one cached DEK', () => {
  it.each([
    ['records first', ['records', 'envelopes', 'fields', 'records']],
    ['envelopes first', ['envelopes', 'fields', 'records', 'envelopes']],
  ] as const)('serves records and envelopes side by side, %s', async (_, order) => {
    const { kms, read } = await setUp()
    const kek = await kms.resolveKek('kek')
    const { dek, edek } = await kms.generateDekPair(kek)
    const sealer = handleFor(dek, 'envelopes')
    const slab = new Uint8Array(40)
    sealer.sealRegions(slab, Uint32Array.of(0, 12, 12, 24), 1)
    for (const purpose of order) {
      if (purpose === 'records') {
        // The EDEK of an envelope, moved into a record: it opens nothing, and blocks nothing.
        expect(await read(recordOf(edek, sealer))).toBe('RECORD_AUTHENTICATION')
      } else {
        using opened = await kms.decryptEdek(kek, edek)
        const opener = handleFor(opened, purpose)
        const failed = opener.openRegions(slab.slice(), Uint32Array.of(0, 12, 12, 24), 1, new Uint8Array(1))
        expect(failed, purpose).toBe(purpose === 'envelopes' ? 0 : 1)
      }
    }
  })
})
