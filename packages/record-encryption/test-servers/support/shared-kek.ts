import { Buffer } from 'node:buffer'

import provider from '@keyfold/kms-inmemory/kms-provider'
import { createRecordEncryption, type RecordEncryption } from '@keyfold/record-encryption'

/** A KEK that several processes have. */
export interface SharedKek {
  readonly id: string
  readonly base64: string
}

/** Returns record encryption under a KEK that other processes have too. */
export async function encryptionOf({ id, base64 }: SharedKek): Promise<RecordEncryption> {
  const versions = [{ value: Buffer.from(base64, 'base64').toString('base64') }]
  const config = { insecure: 'test-only' as const, keks: [{ id, alias: 'kek', versions }] }
  const kms = await provider.create(config, { baseDirectory: import.meta.dirname })
  return await createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek' }] })
}
