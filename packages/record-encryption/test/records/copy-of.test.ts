import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, inspectRecord } from '../../src/index.ts'
import { copyOf } from '../../src/records/copy-of.ts'

describe('copies of the caller’s bytes', () => {
  it('share no memory with them, be they a Buffer or not', () => {
    for (const bytes of [Uint8Array.of(1, 2, 3, 4), Buffer.of(1, 2, 3, 4)]) {
      const copy = copyOf(bytes, 1, 3)
      bytes.fill(9)
      expect(copy).toStrictEqual(Uint8Array.of(2, 3))
      expect(copy.buffer.byteLength).toBe(2)
    }
  })

  it('are what inspectRecord gives of a value that a client left in a Buffer', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'k' }] })
    const encryption = await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'k' }] })
    const [sealed] = await encryption.encrypt('t', [{ value: Buffer.from('v') }])
    await encryption.close()
    const value = Buffer.from(sealed!.value!)
    const info = inspectRecord({ ...sealed!, value })!
    const [edek, iv] = [info.edek, info.iv].map((bytes) => Buffer.from(bytes).toString('hex'))
    value.fill(0)
    expect([Buffer.from(info.edek).toString('hex'), Buffer.from(info.iv).toString('hex')]).toEqual([edek, iv])
  })

  it('are what the KMS gets: the Buffer of a record may be used again while it is asked', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'k' }] })
    const writer = await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'k' }] })
    const [sealed] = await writer.encrypt('t', [{ value: Buffer.from('v') }])
    const value = Buffer.from(sealed!.value!)
    const asked: string[] = []
    const reader = await createRecordEncryption({
      resilience: 'none',
      topics: [{ match: '*', kek: 'k' }],
      onDecryptError: 'skip',
      kms: Object.assign(Object.create(kms), {
        resolveKek: async (selector: string) => {
          const kek = await kms.resolveKek(selector)
          value.fill(0, 0, 40)
          return kek
        },
        kekOf: (edek: Uint8Array) => kms.kekOf(edek),
        generateDekPair: () => Promise.reject(new Error('only decrypts')),
        decryptEdek: (...[kek, edek, options]: Parameters<typeof kms.decryptEdek>) => {
          asked.push(Buffer.from(edek).toString('hex'))
          return kms.decryptEdek(kek, edek, options)
        },
      }),
    })
    await reader.decrypt('t', [{ ...sealed!, value }])
    await Promise.all([reader.close(), writer.close()])
    expect(asked).toEqual([Buffer.from(inspectRecord(sealed!)!.edek).toString('hex')])
  })
})
