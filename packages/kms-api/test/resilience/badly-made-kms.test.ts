import { inspect } from 'node:util'

import { expect, it } from 'vitest'

import { AccessDeniedError, createDek, type Dek, type Edek, type Kek, type Kms } from '../../src/index.ts'
import { cachingKms } from '../../src/resilience/index.ts'

const kek: Kek = { provider: 'example', id: 'one', wrapping: 'authenticated' }
const edek: Edek = Uint8Array.of(1)

/** A KMS that breaks its contract in the way that a test says. */
function badlyMade(broken: Partial<Kms>): Kms {
  const kms = {
    resolveKek: () => Promise.resolve(kek),
    generateDekPair: () => Promise.reject(new Error('not used')),
    decryptEdek: () => Promise.reject(new Error('not used')),
    kekOf: () => kek,
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...broken,
  }
  return cachingKms(kms)
}

it.each([
  ['an Error', () => new Error('request failed: X-Vault-Token: hvs.CANARY')],
  ['a TypeError of the platform', () => new TypeError('Headers.append: "hvs.CANARY" is an invalid header value.')],
  ['an Error with a telling cause', () => new Error('failed', { cause: new Error('hvs.CANARY') })],
])('nothing of %s that a provider lets through reaches the application but its kind', async (_, make) => {
  const fail = () => Promise.reject(make())
  const kms = badlyMade({ resolveKek: fail, generateDekPair: fail, decryptEdek: fail })
  for (const call of [kms.resolveKek('a'), kms.generateDekPair(kek), kms.decryptEdek(kek, edek)]) {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'KMS_INVALID_RESPONSE', retryable: false })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('CANARY')
  }
})

it.each<[string, () => unknown, object]>([
  [
    'nothing',
    () => undefined,
    { code: 'KMS_INVALID_RESPONSE', message: expect.stringContaining('what the contract asks for') as string },
  ],
  ['null', () => null, { code: 'KMS_INVALID_RESPONSE' }],
  ['a number', () => 1, { code: 'KMS_INVALID_RESPONSE' }],
  [
    'a handle that was destroyed',
    () => {
      const dek: Dek = createDek(new Uint8Array(32), 'unwrapped')
      dek.destroy()
      return dek
    },
    { code: 'DEK_DESTROYED' },
  ],
])('a caller is told when a provider gives %s for a DEK', async (_, give, error) => {
  const kms = badlyMade({ decryptEdek: () => Promise.resolve(give() as Dek) })
  await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject(error)
})

it('keeps no answer that was on its way while the KMS took the right back', async () => {
  const { promise, resolve } = Promise.withResolvers<Kek>()
  let asked = 0
  const denied = new AccessDeniedError({ provider: 'example', operation: 'generateDekPair' })
  const kms = badlyMade({
    resolveKek: () => (asked++ === 0 ? promise : Promise.resolve(kek)),
    generateDekPair: () => Promise.reject(denied),
  })
  const first = kms.resolveKek('alias')
  await expect(kms.generateDekPair(kek)).rejects.toMatchObject({ code: 'KMS_ACCESS_DENIED' })
  resolve(kek)
  await first
  await kms.resolveKek('alias')
  expect(asked).toBe(2)
})

it("an argument of the wrong type is the caller's mistake, before the KMS is asked", async () => {
  let asked = 0
  const count = () => {
    asked++
    return Promise.reject(new Error('asked'))
  }
  const kms = badlyMade({ resolveKek: count, generateDekPair: count, decryptEdek: count })
  await expect(kms.resolveKek('')).rejects.toThrow(TypeError)
  await expect(kms.generateDekPair(undefined as unknown as Kek)).rejects.toThrow(TypeError)
  await expect(kms.decryptEdek(kek, 'edek' as unknown as Edek)).rejects.toThrow(TypeError)
  expect(asked).toBe(0)
})
