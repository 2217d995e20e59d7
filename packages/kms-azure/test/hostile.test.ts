import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { isKmsError } from '@keyfold/kms-api'

import { encodeEdek, type EdekFields } from '../src/edek.ts'
import { rejectionOf, withVault } from './support/with-vault.ts'
import { fromHex, readVectors, type EdekVector } from './vectors.ts'

const VERSION = 'a'.repeat(32)
const FIELDS: EdekFields = {
  keyName: 'payments',
  vaultName: 'kf',
  keyType: 'RSA',
  keyVersion: VERSION,
  wrapped: new Uint8Array(256).fill(1),
}

/** Everything that must cost no request, whoever wrote it. */
function hostileEdeks(): readonly (readonly [string, Uint8Array])[] {
  const { cases } = readVectors('kroxylicious-edeks.json') as { readonly cases: readonly EdekVector[] }
  const given = cases.filter(({ hex }) => hex !== undefined).map(({ id, hex = '' }) => [id, fromHex(hex)] as const)
  const good = encodeEdek(FIELDS)
  const cut = Array.from({ length: 60 }, (_, i) => [`cut to ${i}`, good.subarray(0, i)] as const)
  const random = Array.from(
    { length: 100 },
    (_, i) => [`random ${i}`, Uint8Array.from([i % 3, ...randomBytes(60)])] as const,
  )
  const vaults = [
    'other',
    'KF',
    'kf.vault.azure.net',
    'kf/..',
    'kf@example',
    'localhost',
    '169.254.169.254',
    'k'.repeat(127),
  ]
  const versions = [
    '../secrets/x/'.padEnd(32, 'a'),
    `${'a'.repeat(31)}/`,
    `${'a'.repeat(31)}?`,
    `${'a'.repeat(31)}%`,
    'é'.repeat(32),
    `${'a'.repeat(31)}\n`,
  ]
  const lengths = [1, 31, 32, 39, 41, 255, 257, 513, 4_096]
  return [
    ...given,
    ...cut,
    ...random,
    ...vaults.map((vaultName) => [`vault ${vaultName}`, encodeEdek({ ...FIELDS, vaultName })] as const),
    ...versions.map((keyVersion) => [`version ${keyVersion}`, encodeEdek({ ...FIELDS, keyVersion })] as const),
    ...lengths.map(
      (length) => [`wrapped ${length}`, encodeEdek({ ...FIELDS, wrapped: new Uint8Array(length).fill(1) })] as const,
    ),
    ...lengths
      .filter((length) => length !== 32)
      .map(
        (length) =>
          [
            `oct-HSM ${length}`,
            encodeEdek({ ...FIELDS, keyType: 'oct-HSM', wrapped: new Uint8Array(length).fill(1) }),
          ] as const,
      ),
    ['oct', encodeEdek({ ...FIELDS, keyType: 'oct', wrapped: new Uint8Array(40).fill(1) })],
    ['another key', encodeEdek({ ...FIELDS, keyName: 'orders' })],
    ['the key in another case', encodeEdek({ ...FIELDS, keyName: 'Payments' })],
  ]
}

describe('EDEKs that somebody else made', () => {
  const vault = withVault({ kind: 'vault' })

  test('more than 200 of them are rejected for good without a request, and no error shows one', async () => {
    const kms = await vault.connect()
    const kek = { provider: 'azure', id: 'kf/payments', version: VERSION, wrapping: 'public-key' } as const
    const edeks = hostileEdeks()
    expect(edeks.length).toBeGreaterThan(200)
    for (const [name, edek] of edeks) {
      const error = await rejectionOf(kms.decryptEdek(kek, edek))
      expect(isKmsError(error, 'KMS_INVALID_EDEK') || isKmsError(error, 'KMS_KEK_MISMATCH'), name).toBe(true)
      if (edek.length > 8) expect(String((error as Error).stack), name).not.toContain(Buffer.from(edek).toString('hex'))
    }
    expect(vault.server.requests).toEqual([])
    expect(vault.server.identity.tokens).toEqual([])
  })

  test('EDEKs in the grammar that are not ours cost one request each, with an algorithm that fits their type', async () => {
    vault.server.keys.create('payments', { type: 'RSA' })
    const kms = await vault.connect()
    const kek = { provider: 'azure', id: 'kf/payments', wrapping: 'public-key' } as const
    for (let i = 0; i < 20; i++) {
      const { version } = vault.server.keys.find('payments').version
      const wrapped = new Uint8Array(randomBytes(i % 2 === 0 ? 256 : 40))
      const keyType = i % 2 === 0 ? 'RSA' : 'oct-HSM'
      const error = await rejectionOf(
        kms.decryptEdek(kek, encodeEdek({ ...FIELDS, keyVersion: version, keyType, wrapped })),
      )
      expect(error).toMatchObject({ code: 'KMS_INVALID_EDEK', message: 'the EDEK is not valid' })
    }
    expect(vault.operations()).toEqual(Array.from({ length: 20 }, () => 'unwrapkey'))
    const used = new Set(vault.server.requests.map(({ alg }) => alg))
    expect(used).toEqual(new Set([undefined, 'RSA-OAEP-256', 'A256KW']))
  })
})
