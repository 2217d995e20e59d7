import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { createKms } from '@keyfold/kms-api/provider-kit'

import { awsOperations } from '../src/aws-operations.ts'
import type { AwsClient } from '../src/client/aws-client.ts'
import { encodeEdek } from '../src/edek.ts'
import { Boundary } from '../src/keys/boundary.ts'
import { ACCOUNT, KEY_ID, REGION } from './support/fake-aws.ts'
import { withFake } from './support/with-fake.ts'

const fixture = withFake()
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const base64 = (length: number): string => Buffer.alloc(length, 7).toString('base64')

describe('what AWS KMS may answer', () => {
  it.each(['Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Invented'])(
    'a key in state %s may not be used',
    async (state) => {
      fixture.aws.addKey(KEY_ID, { state })
      const states: Record<string, string> = {
        Disabled: 'disabled',
        PendingImport: 'pending-import',
        Invented: 'unknown-state',
      }
      const kms = await fixture.connect()
      await expect(kms.resolveKek('payments')).rejects.toMatchObject({
        code: 'KMS_KEY_UNAVAILABLE',
        state: states[state] ?? 'pending-deletion',
        kek: { id: KEY_ID },
      })
    },
  )

  it('a key without a state is no answer', async () => {
    fixture.aws.faults = [
      { change: (answer) => ({ KeyMetadata: { ...(answer['KeyMetadata'] as object), KeyState: undefined } }) },
    ]
    await expect((await fixture.connect()).resolveKek('payments')).rejects.toMatchObject({
      code: 'KMS_INVALID_RESPONSE',
    })
  })

  it.each(['Creating', 'Updating', 'Unavailable'])('a key in state %s may be usable soon', async (state) => {
    fixture.aws.addKey(KEY_ID, { state })
    await expect((await fixture.connect()).resolveKek('payments')).rejects.toMatchObject({
      code: 'KMS_UNAVAILABLE',
      retryable: true,
    })
  })

  it.each([
    { usage: 'SIGN_VERIFY', spec: 'RSA_2048' },
    { usage: 'ENCRYPT_DECRYPT', spec: 'RSA_4096' },
    { usage: 'GENERATE_VERIFY_MAC', spec: 'HMAC_256' },
    { usage: 'KEY_AGREEMENT', spec: 'ECC_NIST_P256' },
    { usage: 'SIGN_VERIFY', spec: 'SYMMETRIC_DEFAULT' },
  ])('a key of usage $usage and spec $spec wraps no DEKs', async (key) => {
    fixture.aws.addKey(KEY_ID, key)
    await expect((await fixture.connect()).resolveKek('payments')).rejects.toMatchObject({
      code: 'KMS_INVALID_KEY_USAGE',
      retryable: false,
    })
  })

  it.each([0, 16, 31, 33, 64])('a fresh key of %i bytes is none', async (length) => {
    fixture.aws.faults = [{ on: 'GenerateDataKey', change: (answer) => ({ ...answer, Plaintext: base64(length) }) }]
    await expect((await fixture.connect()).generateDekPair(kek)).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
  })

  it.each([
    ['no ciphertext', { CiphertextBlob: undefined }],
    ['an empty ciphertext', { CiphertextBlob: '' }],
    ['a ciphertext longer than AWS KMS takes', { CiphertextBlob: base64(6_145) }],
    ['no key', { Plaintext: undefined }],
    ['a key that is null', { Plaintext: null }],
    ['a key that is no base64', { Plaintext: '!!!' }],
  ])('a fresh key with %s is none', async (_, change) => {
    fixture.aws.faults = [{ on: 'GenerateDataKey', change: (answer) => ({ ...answer, ...change }) }]
    await expect((await fixture.connect()).generateDekPair(kek)).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
  })

  it.each([1, 16, 31, 33, 64, 4_096])('an EDEK of %i bytes of plaintext is bad data, not an outage', async (length) => {
    const edek = encodeEdek({ bound: false, keyId: KEY_ID, blob: fixture.aws.wrap(KEY_ID, new Uint8Array(length)) })
    const kms = await fixture.connect()
    const error: unknown = await kms.decryptEdek(kek, edek).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KMS_INVALID_EDEK', message: 'the EDEK is not valid', retryable: false })
    expect(Object.keys(error as object).sort()).toEqual(['code', 'name', 'operation', 'provider', 'retryable'])
  })

  it('a decrypted key that is missing or empty is no answer', async () => {
    const kms = await fixture.connect()
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    for (const Plaintext of [undefined, null, '']) {
      fixture.aws.faults = [{ change: (answer) => ({ ...answer, Plaintext }) }]
      await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
    }
  })

  it('a replica in another region answers for a key', async () => {
    const kms = await fixture.connect()
    fixture.aws.region = 'eu-west-1'
    ;(await kms.generateDekPair(kek)).dek.destroy()
  })
})

describe('the memory of a key', () => {
  const boundary = new Boundary({ region: REGION, account: ACCOUNT })
  const KeyId = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`

  /** A response as the SDK gives it: its bytes are views of memory that Node.js shares. */
  function responding(Plaintext: Uint8Array, more: object = {}): Kms {
    const response = { KeyId, Plaintext, CiphertextBlob: Uint8Array.of(1), ...more }
    const client = { request: () => Promise.resolve(response), close: () => undefined } as unknown as AwsClient
    return createKms(awsOperations(client, boundary))
  }

  it('is copied out of what the SDK shares, and zeroed there', async () => {
    const pool = new Uint8Array(100).fill(9)
    const { dek, edek } = await responding(pool.subarray(10, 42)).generateDekPair(kek)
    dek.destroy()
    expect(pool.subarray(10, 42)).toEqual(new Uint8Array(32))
    expect(pool.subarray(42)).toEqual(new Uint8Array(58).fill(9))
    pool.fill(9)
    ;(await responding(pool.subarray(10, 42)).decryptEdek(kek, edek)).destroy()
    expect(pool.subarray(10, 42)).toEqual(new Uint8Array(32))
  })

  it.each([
    [{ KeyId: KeyId.replace('1234abcd', '99999999') }, 32],
    [{ CiphertextBlob: new Uint8Array() }, 32],
    [{ CiphertextBlob: new Uint8Array(6_145) }, 32],
    [{}, 31],
    [{}, 64],
  ])('is zeroed there when the response is rejected: %o, %i bytes', async (more, length) => {
    const plaintext = new Uint8Array(length).fill(9)
    await expect(responding(plaintext, more).generateDekPair(kek)).rejects.toMatchObject({
      code: 'KMS_INVALID_RESPONSE',
    })
    expect(plaintext).toEqual(new Uint8Array(length))
  })
})
