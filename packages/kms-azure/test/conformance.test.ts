import { describe, expect, test } from 'vitest'

import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { KeyVaultFacade } from './support/key-vault-facade.ts'

const FACADES = [
  new KeyVaultFacade({ name: 'Key Vault, RSA 2048', kind: 'vault', key: { type: 'RSA' } }),
  new KeyVaultFacade({ name: 'Key Vault, RSA 4096', kind: 'vault', key: { type: 'RSA-HSM', size: 4_096 } }),
  new KeyVaultFacade({ name: 'Managed HSM, oct-HSM', kind: 'managedhsm', key: { type: 'oct-HSM' } }),
]

/** What follows from the type of a key. No other may ever be sent: an RSA1_5 unwrap is a padding oracle. */
const ALGORITHMS = ['A256GCM', 'A256KW', 'RSA-OAEP-256']

for (const facade of FACADES) describeKmsProvider(facade)

describe('what the servers saw of the whole suite', () => {
  test('no request carried a DEK without a token, and only the three algorithms were used', () => {
    const algorithms = new Set(FACADES.flatMap(({ server }) => server.requests.map(({ alg }) => alg)))
    algorithms.delete(undefined)
    expect([...algorithms].sort()).toEqual(ALGORITHMS)
    expect(FACADES.flatMap(({ server }) => server.bodiesWithoutToken)).toEqual([])
  })
})
