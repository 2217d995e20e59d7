import { describe, expect, it } from 'vitest'

import { KmsUnavailableError } from '@keyfold/kms-api'

import { decryptEach } from '../../src/decrypt/decrypt-each.ts'
import type { RecordEncryption } from '../../src/index.ts'
import { failing, flipped, records, setUp, textOf } from '../records/support.ts'

describe('decrypting each record for an adapter', () => {
  it('gives records and errors in order, and settles none of them by itself', async () => {
    let handled = 0
    const { encryption } = await setUp({
      onDecryptError: () => {
        handled++
        return undefined
      },
    })
    const sealed = await encryption.encrypt('t', records(3))
    const outcomes = await decryptEach(encryption, 't', [sealed[0]!, flipped(sealed[1]!, -1), sealed[2]!])
    expect(outcomes.length).toBe(3)
    const all = [0, 1, 2].map((i) => [textOf(outcomes.recordAt(i)?.value ?? null), outcomes.errorAt(i)?.code])
    expect(all).toEqual([
      ['value 0', undefined],
      [null, 'RECORD_AUTHENTICATION'],
      ['value 2', undefined],
    ])
    expect(handled).toBe(0)
    expect(encryption.health().rejected).toEqual({ t: { RECORD_AUTHENTICATION: 1 } })
    expect(await outcomes.settle(1, { onDecryptError: 'skip', onKeyAhead: undefined })).toBeUndefined()
    expect(await outcomes.settle(1, { onDecryptError: 'raw', onKeyAhead: undefined })).toMatchObject({
      keyfold: { status: 'undecrypted' },
    })
    await expect(outcomes.settle(1, { onDecryptError: 'throw', onKeyAhead: undefined })).rejects.toMatchObject({
      code: 'RECORD_AUTHENTICATION',
      index: 1,
    })
  })

  it('rejects with what is no error about a record', async () => {
    const { encryption, admin } = await setUp()
    const sealed = await encryption.encrypt('t', records(1))
    admin.faults = failing('decryptEdek', new KmsUnavailableError({ provider: 'inmemory', operation: 'decryptEdek' }))
    await expect(decryptEach(encryption, 't', sealed)).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE' })
    await expect(decryptEach({} as RecordEncryption, 't', sealed)).rejects.toThrow(TypeError)
  })
})
