import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { isKmsError, KmsUnavailableError, type DekPair, type Kek, type Kms, type KmsErrorCode } from '@keyfold/kms-api'

import { createInMemoryKms } from '../src/index.ts'
import { ID, isSameKey, OTHER_ID, twoKeks } from './dek-pairs.ts'
import { fromHex, readVectors } from './vectors.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i)
const context = { topic: 'payments', tenant: 'a' }

async function codeOf(promise: Promise<unknown>): Promise<KmsErrorCode | 'no error' | 'foreign error'> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    return isKmsError(error) ? error.code : 'foreign error'
  }
}

function codeOfThrown(call: () => unknown): KmsErrorCode | 'no error' | 'foreign error' {
  try {
    call()
    return 'no error'
  } catch (error) {
    return isKmsError(error) ? error.code : 'foreign error'
  }
}

describe('the in-memory KMS, resolving', () => {
  it.each(['payments', ID])('finds a KEK as %s, with its version', async (selector) => {
    const { kms } = twoKeks()
    expect(await kms.resolveKek(selector)).toEqual({
      provider: 'inmemory',
      id: ID,
      version: '1',
      wrapping: 'authenticated',
    })
  })

  it.each(['Payments', ID.toUpperCase(), ' payments', '__proto__', 'nothing'])('does not find %o', async (selector) => {
    const { kms } = twoKeks()
    const details = { provider: 'inmemory', operation: 'resolveKek', retryable: false }
    await expect(kms.resolveKek(selector)).rejects.toMatchObject({ ...details, code: 'KMS_UNKNOWN_ALIAS' })
  })

  it('gives references that nobody can change', async () => {
    const { kms } = twoKeks()
    expect(Object.isFrozen(await kms.resolveKek('payments'))).toBe(true)
  })
})

describe('the in-memory KMS, generating and decrypting', () => {
  it('gives the DEK of an EDEK again, to encrypt first and to decrypt only later', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.claim('records')
    const again = await kms.decryptEdek(kek, edek)
    expect([dek.origin, again.origin]).toEqual(['generated', 'unwrapped'])
    expect(isSameKey(dek, again)).toBe(true)
    expect(kms.kekOf(edek)).toEqual({ provider: 'inmemory', id: ID, wrapping: 'authenticated' })
    expect(isSameKey(dek, await kms.decryptEdek(kms.kekOf(edek), edek))).toBe(true)
  })

  it('gives every caller another DEK, another IV and 78 bytes of EDEK', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const pairs = await Promise.all(Array.from({ length: 64 }, () => kms.generateDekPair(kek)))
    expect(new Set(pairs.map(({ edek }) => edek.slice(2, 14).join())).size).toBe(64)
    expect(new Set(pairs.map(({ edek }) => edek.length))).toEqual(new Set([78]))
    for (const { dek } of pairs) dek.claim('records')
    const first = pairs[0] as DekPair
    const same = await Promise.all(
      pairs.map(async ({ edek }) => isSameKey(first.dek, await kms.decryptEdek(kek, edek))),
    )
    expect(same.indexOf(true)).toBe(0)
    expect(same.lastIndexOf(true)).toBe(0)
  })

  const golden = readVectors('golden-wrapped-deks.json') as {
    kek: { uuid: string; base64: string }
    cases: { hex: string; dekHex: string }[]
  }
  it.each(golden.cases)('unwraps what Kroxylicious wrapped', async ({ hex, dekHex }) => {
    const versions = [Uint8Array.from(Buffer.from(golden.kek.base64, 'base64'))]
    const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ id: golden.kek.uuid, versions }] })
    const edek = fromHex(hex)
    const dek = await kms.decryptEdek(kms.kekOf(edek), edek)
    dek.claim('records')
    // EncryptedRecord with the bytes that the vector names, by node:crypto alone.
    const slab = new Uint8Array(12 + 5 + 16)
    const { sealed, tag } = seal(fromHex(dekHex))
    slab.set(sealed, 12)
    slab.set(tag, 17)
    expect(dek.openRegions(slab, Uint32Array.of(0, 12, 5, 17), 1, new Uint8Array(1))).toBe(0)
    expect(Buffer.from(slab.subarray(12, 17)).toString()).toBe('hello')
    admin.rotateKek(golden.kek.uuid)
    await expect(kms.decryptEdek(kms.kekOf(edek), edek)).resolves.toBeDefined()
  })

  it('wraps as the layout says: AES-256-GCM, without additional data when there is no context', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ id: ID, versions: [KEY] }] })
    const { edek } = await kms.generateDekPair(await kms.resolveKek(ID))
    const decipher = createDecipheriv('aes-256-gcm', KEY, edek.subarray(2, 14), { authTagLength: 16 }).setAuthTag(
      edek.subarray(62),
    )
    expect(decipher.update(edek.subarray(30, 62))).toHaveLength(32)
    expect(() => decipher.final()).not.toThrow()
    expect(edek.subarray(0, 2)).toEqual(Uint8Array.of(128, 12))
  })

  it('unwraps EDEKs of every version after a rotation, and wraps with the newest', async () => {
    const { kms, admin } = createInMemoryKms({
      insecure: 'test-only',
      keks: [{ id: ID, alias: 'payments', versions: [KEY] }],
    })
    const pairs = []
    for (const version of ['1', '2', '3']) {
      const kek = await kms.resolveKek('payments')
      expect(kek.version).toBe(version)
      pairs.push(await kms.generateDekPair(kek))
      expect(admin.rotateKek(kek).version).toBe(String(Number(version) + 1))
    }
    const kek = await kms.resolveKek('payments')
    for (const { dek, edek } of pairs) {
      dek.claim('records')
      expect(isSameKey(dek, await kms.decryptEdek(kek, edek))).toBe(true)
    }
    const { kms: old } = createInMemoryKms({ insecure: 'test-only', keks: [{ id: ID, versions: [KEY] }] })
    const codes = await Promise.all(pairs.map(({ edek }) => codeOf(old.decryptEdek(kek, edek))))
    expect(codes).toEqual(['no error', 'KMS_INVALID_EDEK', 'KMS_INVALID_EDEK'])
  })

  it('refuses every flipped bit, every cut and every extension of an EDEK, bound or not', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    for (const encryptionContext of [undefined, context]) {
      const { edek } = await kms.generateDekPair(kek, { encryptionContext })
      const mutants = []
      for (let bit = 0; bit < edek.length * 8; bit++)
        mutants.push(edek.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))
      for (let length = 0; length < edek.length; length++) mutants.push(edek.slice(0, length))
      for (let more = 1; more <= 32; more++) mutants.push(Uint8Array.of(...edek, ...new Uint8Array(more)))
      const codes = await Promise.all(
        mutants.map((mutant) => codeOf(kms.decryptEdek(kek, mutant, { encryptionContext }))),
      )
      expect(new Set(codes)).toEqual(new Set(['KMS_INVALID_EDEK', 'KMS_KEK_MISMATCH']))
      expect(codes.filter((code) => code === 'KMS_KEK_MISMATCH').length).toBeGreaterThanOrEqual(128)
      expect(await codeOf(kms.decryptEdek(kek, edek, { encryptionContext }))).toBe('no error')
    }
  })

  it.each([
    ['a tag of 120 bits', Uint8Array.of(120, 12, ...new Uint8Array(12))],
    ['an IV of 16 bytes', Uint8Array.of(128, 16, ...new Uint8Array(16))],
    ['an IV of no bytes', Uint8Array.of(128, 0)],
  ])('says which KEK an EDEK with %s names, and does not ask to unwrap it', async (_, start) => {
    const { kms, admin } = twoKeks()
    const edek = Uint8Array.of(...start, ...fromHex(ID.replaceAll('-', '')), ...new Uint8Array(48))
    expect(kms.kekOf(edek).id).toBe(ID)
    expect(await codeOf(kms.decryptEdek(kms.kekOf(edek), edek))).toBe('KMS_INVALID_EDEK')
    expect(admin.calls.decryptEdek).toBe(0)
  })

  it('refuses the EDEK of another KEK without a request', async () => {
    const { kms, admin } = twoKeks()
    const [payments, salaries] = [await kms.resolveKek('payments'), await kms.resolveKek('salaries')]
    const { edek } = await kms.generateDekPair(payments)
    let asked = 0
    admin.faults = () => {
      asked++
    }
    const strangers: Kek[] = [salaries, { ...payments, provider: 'aws' }, { ...payments, id: ID.toUpperCase() }]
    expect(await Promise.all(strangers.map((kek) => codeOf(kms.decryptEdek(kek, edek))))).toEqual(
      Array(3).fill('KMS_KEK_MISMATCH'),
    )
    expect(await codeOf(kms.decryptEdek(payments, new Uint8Array(78)))).toBe('KMS_INVALID_EDEK')
    expect(asked).toBe(0)
  })

  it('says that the KEK of an EDEK does not exist', async () => {
    const { kms } = twoKeks()
    const { edek } = await kms.generateDekPair(await kms.resolveKek('payments'))
    const { kms: stranger } = createInMemoryKms({ insecure: 'test-only' })
    await expect(stranger.decryptEdek(stranger.kekOf(edek), edek)).rejects.toMatchObject({
      code: 'KMS_UNKNOWN_KEY',
      kek: { id: ID },
    })
    expect(await codeOf(stranger.generateDekPair(kms.kekOf(edek)))).toBe('KMS_UNKNOWN_KEY')
    expect(await codeOf(kms.generateDekPair({ ...kms.kekOf(edek), provider: 'aws' }))).toBe('KMS_UNKNOWN_KEY')
  })

  it('takes what it was passed as it was at the call', async () => {
    const { kms, admin } = twoKeks()
    const kek = { ...(await kms.resolveKek('payments')) }
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.claim('records')
    admin.faults = () => Promise.resolve()
    const decrypting = kms.decryptEdek(kek, edek)
    const generating = kms.generateDekPair(kek)
    edek.fill(0)
    kek.id = OTHER_ID
    expect(isSameKey(dek, await decrypting)).toBe(true)
    expect(kms.kekOf((await generating).edek).id).toBe(ID)
  })
})

describe('the in-memory KMS, with an encryption context', () => {
  const others = [
    ['another value', { ...context, tenant: 'b' }],
    ['a pair less', { topic: 'payments' }],
    ['a pair more', { ...context, more: '' }],
  ] as const

  it('binds it, in any order of its pairs', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext: context })
    dek.claim('records')
    expect(edek[0]).toBe(1)
    expect(
      isSameKey(dek, await kms.decryptEdek(kek, edek, { encryptionContext: { tenant: 'a', topic: 'payments' } })),
    ).toBe(true)
  })

  it.each(others)('refuses %s', async (_, encryptionContext) => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { edek } = await kms.generateDekPair(kek, { encryptionContext: context })
    expect(await codeOf(kms.decryptEdek(kek, edek, { encryptionContext }))).toBe('KMS_INVALID_EDEK')
  })

  it('refuses without a request a context for an unbound EDEK, and none for a bound one', async () => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const bound = await kms.generateDekPair(kek, { encryptionContext: context })
    const unbound = await kms.generateDekPair(kek)
    expect(await codeOf(kms.decryptEdek(kek, bound.edek))).toBe('KMS_INVALID_EDEK')
    expect(await codeOf(kms.decryptEdek(kek, bound.edek, { encryptionContext: {} }))).toBe('KMS_INVALID_EDEK')
    expect(await codeOf(kms.decryptEdek(kek, unbound.edek, { encryptionContext: context }))).toBe('KMS_INVALID_EDEK')
    expect(admin.calls.decryptEdek).toBe(0)
  })

  it('does not unwrap a bound EDEK whose mark was cut off, nor an unbound one that was given the mark', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const bound = await kms.generateDekPair(kek, { encryptionContext: context })
    const unbound = await kms.generateDekPair(kek)
    expect(await codeOf(kms.decryptEdek(kek, bound.edek.slice(1)))).toBe('KMS_INVALID_EDEK')
    expect(await codeOf(kms.decryptEdek(kek, Uint8Array.of(1, ...unbound.edek), { encryptionContext: context }))).toBe(
      'KMS_INVALID_EDEK',
    )
  })

  it('takes {} for none', async () => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const { edek } = await kms.generateDekPair(kek, { encryptionContext: {} })
    expect(edek[0]).toBe(128)
    expect(await codeOf(kms.decryptEdek(kek, edek))).toBe('no error')
  })
})

describe('the in-memory KMS, called wrongly or too late', () => {
  const wellFormed = fromHex(`800c${'00'.repeat(12)}${ID.replaceAll('-', '')}${'00'.repeat(48)}`)
  const calls: [string, (kms: Kms, kek: Kek, signal?: AbortSignal) => Promise<unknown>][] = [
    ['resolveKek', (kms, _, signal) => kms.resolveKek('payments', { signal })],
    ['generateDekPair', (kms, kek, signal) => kms.generateDekPair(kek, { signal })],
    ['decryptEdek', (kms, kek, signal) => kms.decryptEdek(kek, wellFormed, { signal })],
  ]
  const nonsense = [undefined, null, 7, 'text', {}, [], Symbol('s')]

  it.each(nonsense.map((value) => [value]))('rejects, and does not throw, %o for any argument', async (value) => {
    const { kms } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const bad = value as never
    const promises: Promise<unknown>[] = [
      kms.generateDekPair(bad),
      kms.decryptEdek(bad, wellFormed),
      kms.decryptEdek(kek, bad),
    ]
    promises.push(kms.generateDekPair(kek, { encryptionContext: 7 as never }))
    if (typeof value !== 'string') promises.push(kms.resolveKek(bad))
    for (const promise of promises) await expect(promise).rejects.toThrow(TypeError)
    expect(() => kms.kekOf(bad)).toThrow(TypeError)
  })

  it.each([[0], [1], [128], [1, 128]])('refuses to read a KEK out of the bytes %o', (...bytes) => {
    const { kms } = twoKeks()
    expect(codeOfThrown(() => kms.kekOf(Uint8Array.from(bytes)))).toBe('KMS_INVALID_EDEK')
  })

  it.each(calls)('refuses %s after it is closed, in flight as well', async (_, call) => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    admin.faults = () => new Promise(() => undefined)
    const flying = call(kms, kek)
    await Promise.all([kms.close(), kms.close(), kms[Symbol.asyncDispose]()])
    expect(await codeOf(flying)).toBe('KMS_CLOSED')
    expect(await codeOf(call(kms, kek))).toBe('KMS_CLOSED')
    expect(codeOfThrown(() => kms.kekOf(new Uint8Array(78)))).toBe('KMS_CLOSED')
    expect(await codeOf(kms.health?.() ?? Promise.resolve())).toBe('KMS_CLOSED')
  })

  it.each(calls)('rejects %s with the reason of its signal, before and in flight', async (_, call) => {
    const { kms, admin } = twoKeks()
    const kek = await kms.resolveKek('payments')
    const reason = new Error('enough')
    admin.resetCalls()
    await expect(call(kms, kek, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(Object.values(admin.calls)).toEqual([0, 0, 0, 0])
    admin.faults = () => new Promise(() => undefined)
    const controller = new AbortController()
    const flying = call(kms, kek, controller.signal)
    controller.abort(reason)
    await expect(flying).rejects.toBe(reason)
  })

  it('leaves other clients of the same keys open', async () => {
    const { kms, admin } = twoKeks()
    const other = admin.connect()
    const kek = await kms.resolveKek('payments')
    const { edek } = await kms.generateDekPair(kek)
    await kms.close()
    expect(await codeOf(other.decryptEdek(kek, edek))).toBe('no error')
  })
})

describe('the in-memory KMS, being watched', () => {
  it('says how it is', async () => {
    const { kms, admin } = twoKeks()
    expect(await kms.health?.()).toEqual({ status: 'ok' })
    admin.faults = () => {
      throw new KmsUnavailableError({ provider: 'inmemory', operation: 'health' })
    }
    expect(await kms.health?.()).toEqual({ status: 'down', detail: 'KMS_UNAVAILABLE' })
    admin.faults = () => {
      throw new Error('something of a test')
    }
    expect(await kms.health?.()).toEqual({ status: 'down', detail: 'KMS_INVALID_RESPONSE' })
  })

  it('shows no key of any kind, in no object and no error', async () => {
    const pair = createInMemoryKms({ insecure: 'test-only', keks: [{ id: ID, alias: 'payments', versions: [KEY] }] })
    const { kms, admin } = pair
    const kek = await kms.resolveKek('payments')
    const { dek, edek } = await kms.generateDekPair(kek)
    const plain = createDecipheriv('aes-256-gcm', KEY, edek.subarray(2, 14), { authTagLength: 16 }).setAuthTag(
      edek.subarray(62),
    )
    const dekBytes = plain.update(edek.subarray(30, 62))
    const things: unknown[] = [pair, kms, admin, dek, kek, await kms.decryptEdek(kek, edek)]
    const malformed = edek.map((byte) => byte ^ 1)
    const forged = edek.map((byte, i) => (i > 40 ? 0 : byte))
    for (const promise of [kms.decryptEdek(kek, malformed), kms.decryptEdek(kek, forged), kms.resolveKek('no')]) {
      things.push(await promise.catch((error: unknown) => error))
    }
    const options = { depth: 20, showHidden: true, getters: true }
    const shown = things.map((thing) => inspect(thing, options) + JSON.stringify(thing)).join('\n')
    expect(shown).toContain('KMS_INVALID_EDEK')
    for (const secret of [Buffer.from(KEY), dekBytes, Buffer.from(edek)]) {
      const hex = secret.toString('hex')
      const start = secret.subarray(0, 8)
      for (const form of [
        hex,
        secret.toString('base64'),
        secret.join(),
        start.join(', '),
        hex.replace(/../g, '$& ').slice(0, 24),
      ]) {
        expect(shown).not.toContain(form)
      }
    }
  })
})

function seal(key: Uint8Array): { sealed: Uint8Array; tag: Uint8Array } {
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12), { authTagLength: 16 })
  const sealed = cipher.update('hello')
  cipher.final()
  return { sealed, tag: cipher.getAuthTag() }
}
