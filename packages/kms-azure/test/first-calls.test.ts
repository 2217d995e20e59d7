import { randomInt } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { KeyVaultServer } from '@keyfold/servers/azure'

import { withVault } from './support/with-vault.ts'

const ROUNDS = 1_000

describe('concurrent first calls', () => {
  const vault = withVault({ kind: 'managedhsm', challengeDelayMs: () => randomInt(4) })

  test(
    '1,000 rounds: none fails, each client is challenged once, and no DEK travels without a token',
    { timeout: 120_000 },
    async () => {
      vault.server.keys.create('payments', { type: 'oct-HSM' })
      const kek = await (await vault.connect()).resolveKek('payments')
      const before = vault.server.requests.length
      for (let round = 0; round < ROUNDS; round++) {
        const kms = await vault.connect()
        const pairs = await Promise.all(Array.from({ length: 3 }, () => kms.generateDekPair(kek)))
        for (const { dek } of pairs) dek.destroy()
        await kms.close()
        vault.open.pop()
      }
      const requests = vault.server.requests.slice(before)
      expect(requests.filter(({ status }) => status === 401).length).toBe(ROUNDS)
      expect(requests.length).toBe(4 * ROUNDS)
      expect(vault.server.bodiesWithoutToken).toEqual([])
    },
  )

  test('1,000 concurrent first encrypts take 1,000 requests and one challenge, and one token', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kek = await (await vault.connect()).resolveKek('payments')
    const before = vault.server.requests.length
    const tokens = vault.server.identity.tokens.length
    const kms = await vault.connect()
    const pairs = await Promise.all(Array.from({ length: 1_000 }, () => kms.generateDekPair(kek)))
    for (const { dek } of pairs) dek.destroy()
    expect(vault.server.requests.length - before).toBe(1_001)
    expect(vault.server.identity.tokens.length - tokens).toBe(1)
    expect(vault.server.bodiesWithoutToken).toEqual([])
  })

  test('after a first call that fails, the next one leads', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kek = await (await vault.connect()).resolveKek('payments')
    const kms = await vault.connect()
    vault.server.faults.push({ status: 503 })
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => kms.generateDekPair(kek)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') outcome.value.dek.destroy()
  })

  test('a first call that hangs holds no other one up for longer than the deadline', async () => {
    vault.server.keys.create('payments', { type: 'oct-HSM' })
    const kms = await vault.connect({ timeouts: { requestMs: 500 } })
    vault.server.faults.push({ delayMs: 2_000, destroy: true })
    const outcomes = await Promise.allSettled([kms.resolveKek('payments'), kms.resolveKek('payments')])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'KMS_TIMEOUT' } })
    expect((await kms.resolveKek('payments')).id).toBe('kf/payments')
  })
})

describe('the test server', () => {
  test('notices a request with a body and without a token', async () => {
    const server = await new KeyVaultServer({ kind: 'vault' }).start()
    await fetch(`${server.url}/keys/x/y/wrapkey?api-version=7.4`, {
      method: 'POST',
      body: '{"alg":"RSA1_5","value":"AA"}',
    })
    expect(server.bodiesWithoutToken).toMatchObject([{ alg: 'RSA1_5', status: 401 }])
    await server.stop()
  })
})
