import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { inspectRecord, type KafkaRecord } from '../../src/index.ts'
import { bytes, codeOf, edekOf, header, records, setUp } from './support.ts'

describe('inspectRecord', () => {
  it('reads what stands outside of the encryption', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers: [header('h')] }])
    const info = inspectRecord({ ...sealed!, headers: sealed!.headers.toReversed() })!
    expect(info).toMatchObject({ encryptionVersion: 2, cipher: 'AES_256_GCM_128', aad: 'NONE', markerIndex: 1 })
    expect(Buffer.from(info.edek).toString('hex')).toBe(edekOf(sealed!))
    expect(info.iv).toHaveLength(12)
    expect(inspectRecord({ value: bytes('v') })).toBeUndefined()
  })

  it('refuses what is none', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const inspected = (record: KafkaRecord): Promise<string | undefined> =>
      codeOf((async () => inspectRecord(record))())
    expect(await inspected({ ...sealed!, value: null })).toBe('RECORD_MALFORMED')
    expect(await inspected({ ...sealed!, value: sealed!.value!.slice(0, 30) })).toBe('RECORD_MALFORMED')
    expect(await inspected({ ...sealed!, headers: [{ ...sealed!.headers[0]!, value: Uint8Array.of(1) }] })).toBe(
      'RECORD_UNSUPPORTED',
    )
    expect(() => inspectRecord(null as never)).toThrow(TypeError)
  })
})
