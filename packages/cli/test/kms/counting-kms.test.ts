import { describe, expect, test } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import { countingKms } from '../../src/kms/counting-kms.ts'

const KEK = { provider: 'fake', id: 'id', wrapping: 'authenticated' } as const
const fake = (more: Partial<Kms> = {}): Kms => ({
  resolveKek: () => Promise.resolve(KEK),
  generateDekPair: () => Promise.resolve({ dek: {} as never, edek: new Uint8Array(1) }),
  decryptEdek: () => Promise.reject(new Error('no')),
  kekOf: () => KEK,
  close: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
  ...more,
})

describe('counting KMS calls', () => {
  test('counts what reaches the provider, failed calls too, and DEKs that were made', async () => {
    let first = true
    const generateDekPair: Kms['generateDekPair'] = () => {
      const answer = first ? Promise.reject(new Error('no')) : fake().generateDekPair(KEK)
      first = false
      return answer
    }
    const { kms, calls, deksGenerated } = countingKms(fake({ generateDekPair }))
    await kms.resolveKek('a')
    await expect(kms.generateDekPair(KEK)).rejects.toThrow('no')
    await kms.generateDekPair(KEK)
    await expect(kms.decryptEdek(KEK, new Uint8Array(1))).rejects.toThrow('no')
    expect(calls).toEqual({ resolveKek: 1, generateDekPair: 2, decryptEdek: 1, health: 0 })
    expect(deksGenerated()).toBe(1)
  })

  test('has health only where the provider has it, and passes options and close on', async () => {
    expect(countingKms(fake()).kms.health).toBeUndefined()
    let closed = 0
    const seen: unknown[] = []
    const { kms, calls } = countingKms(
      fake({
        health: () => Promise.resolve({ status: 'ok' }),
        close: () => {
          closed += 1
          return Promise.resolve()
        },
        resolveKek: (...args) => {
          seen.push(args)
          return Promise.resolve(KEK)
        },
      }),
    )
    expect(await kms.health?.()).toEqual({ status: 'ok' })
    expect(calls.health).toBe(1)
    const options = { correlationId: 'c' }
    await kms.resolveKek('a', options)
    expect(seen).toEqual([['a', options]])
    expect(kms.kekOf(new Uint8Array(1))).toBe(KEK)
    await kms.close()
    await kms[Symbol.asyncDispose]()
    expect(closed).toBe(2)
  })
})
