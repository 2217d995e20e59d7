import { Buffer } from 'node:buffer'
import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'

import {
  AccessDeniedError,
  CircuitOpenError,
  InvalidEdekError,
  isDekError,
  KeyUnavailableError,
  KeyVersionAheadError,
  KmsOverloadedError,
  KmsUnavailableError,
  UnknownAliasError,
  UnknownKeyError,
  type Dek,
  type EncryptionContext,
  type Kek,
  type Kms,
} from '../../src/index.ts'
import { cachingKms, isDecoratedKms, type CachingKmsOptions } from '../../src/resilience/index.ts'
import { claimedPair, FakeKms, gate, isSameKey, kekOne, kekTwo } from './fake-kms.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const unavailable = new KmsUnavailableError({ provider: 'fake', operation: 'decryptEdek' })

function set(options: CachingKmsOptions = {}): { inner: FakeKms; clock: TestClock; kms: Kms } {
  const inner = new FakeKms()
  const clock = new TestClock()
  return { inner, clock, kms: cachingKms(inner, { clock, ...options }) }
}

function isDestroyed(dek: Dek): boolean {
  try {
    dek.lease().destroy()
    return false
  } catch (error) {
    return isDekError(error, 'DEK_DESTROYED')
  }
}

describe('a caching KMS, generating', () => {
  it('asks the KMS every time, so that 64 concurrent callers own 64 keys', async () => {
    const { inner, kms } = set()
    const pairs = await Promise.all(Array.from({ length: 64 }, () => claimedPair(kms, kekOne)))
    expect(inner.count('generateDekPair')).toBe(64)
    expect(new Set(pairs.map(({ edek }) => edek.join())).size).toBe(64)
    for (const [i, { dek }] of pairs.entries()) {
      const opened = await Promise.all(pairs.map(({ edek }) => kms.decryptEdek(kekOne, edek)))
      expect(opened.map((other) => isSameKey(dek, other)).indexOf(true)).toBe(i)
      expect(opened.filter((other) => isSameKey(dek, other))).toHaveLength(1)
    }
  })

  it("hands the caller's own signal to the KMS", async () => {
    const { inner, kms } = set()
    const { signal } = new AbortController()
    await kms.generateDekPair(kekOne, { signal })
    expect(inner.calls[0]?.options.signal).toBe(signal)
  })
})

describe('a caching KMS, when a KEK is rotated', () => {
  it('asks for the reference again as soon as a DEK comes from another version, and not before', async () => {
    const inner = new FakeKms()
    const kms = cachingKms(inner)
    const kek = await kms.resolveKek('alias/one')
    await kms.resolveKek('alias/two')
    await kms.generateDekPair(kek)
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(2)
    await kms.generateDekPair({ ...kek, version: '0' })
    await kms.resolveKek('alias/one')
    await kms.resolveKek('alias/two')
    expect(inner.count('resolveKek')).toBe(3)
  })

  it('notices nothing where versions are not known, or the EDEK cannot be read', async () => {
    const inner = new FakeKms()
    const kms = cachingKms(inner)
    await kms.resolveKek('alias/one')
    const kek: Kek = { provider: 'fake', id: 'one', wrapping: 'authenticated' }
    await kms.generateDekPair(kek)
    inner.kekOf = () => kek
    await kms.generateDekPair(kekOne)
    inner.kekOf = () => {
      throw new Error('cannot')
    }
    await kms.generateDekPair(kekOne)
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(1)
  })
})

describe('a caching KMS, resolving', () => {
  it('asks once for 1,000 concurrent callers, and not again for 8 of 10 minutes', async () => {
    const { inner, clock, kms } = set()
    const keks = await Promise.all(Array.from({ length: 1_000 }, () => kms.resolveKek('alias/one')))
    expect(new Set(keks)).toEqual(new Set([kekOne]))
    clock.pass(8 * MINUTE - 1)
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(1)
    clock.pass(1)
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(2)
  })

  it('keeps a copy that nobody can change', async () => {
    const { kms } = set()
    const kek = await kms.resolveKek('alias/one')
    expect(() => {
      ;(kek as { id: string }).id = 'two'
    }).toThrow(TypeError)
  })

  it('asks anew when the wall clock was set back or the machine slept', async () => {
    const { inner, clock, kms } = set()
    await kms.resolveKek('alias/one')
    clock.wall -= 10 * 365 * 24 * HOUR
    clock.steady += 10 * MINUTE
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(2)
    clock.wall += 10 * MINUTE
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(3)
  })

  it('does not ask again for 30 seconds for a selector that the KMS does not know', async () => {
    const { inner, clock, kms } = set()
    await expect(kms.resolveKek('alias/none')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    clock.pass(30_000 - 1)
    await expect(kms.resolveKek('alias/none')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(inner.count('resolveKek')).toBe(1)
    clock.pass(1)
    await expect(kms.resolveKek('alias/none')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(inner.count('resolveKek')).toBe(2)
  })

  it('remembers at most 1,000 unknown selectors', async () => {
    const { inner, kms } = set()
    for (let i = 0; i <= 1_000; i++) await kms.resolveKek(`alias/none-${i}`).catch(() => undefined)
    await kms.resolveKek('alias/none-1').catch(() => undefined)
    expect(inner.count('resolveKek')).toBe(1_001)
    await kms.resolveKek('alias/none-0').catch(() => undefined)
    expect(inner.count('resolveKek')).toBe(1_002)
  })

  it('uses the last answer during an outage, up to an age of 24 hours', async () => {
    const { inner, clock, kms } = set()
    await kms.resolveKek('alias/one')
    inner.before = () => {
      throw unavailable
    }
    clock.pass(24 * HOUR - 1)
    expect(await kms.resolveKek('alias/one')).toEqual(kekOne)
    clock.pass(1)
    await expect(kms.resolveKek('alias/one')).rejects.toBe(unavailable)
  })

  it('uses no response older than maxAgeMs, joins no older load, and has none stand in', async () => {
    const { inner, clock, kms } = set()
    await kms.resolveKek('alias/one')
    clock.pass(100)
    await kms.resolveKek('alias/one', { maxAgeMs: 100 })
    expect(inner.count('resolveKek')).toBe(1)
    const { passed, open } = gate()
    inner.before = () => passed
    const older = kms.resolveKek('alias/one', { maxAgeMs: 99 })
    clock.pass(10)
    const newer = [kms.resolveKek('alias/one', { maxAgeMs: 5 }), kms.resolveKek('alias/one', { maxAgeMs: 5 })]
    expect(inner.count('resolveKek')).toBe(3)
    open()
    expect(await Promise.all([older, ...newer])).toEqual([kekOne, kekOne, kekOne])
    clock.pass(10)
    inner.before = () => {
      throw unavailable
    }
    await expect(kms.resolveKek('alias/one', { maxAgeMs: 9 })).rejects.toBe(unavailable)
    expect(await kms.resolveKek('alias/one')).toEqual(kekOne)
  })

  it('asks again for an unknown selector when the rejection is older than maxAgeMs', async () => {
    const { inner, clock, kms } = set()
    await expect(kms.resolveKek('alias/none')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    clock.pass(10)
    await expect(kms.resolveKek('alias/none', { maxAgeMs: 10 })).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(inner.count('resolveKek')).toBe(1)
    await expect(kms.resolveKek('alias/none', { maxAgeMs: 9 })).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    expect(inner.count('resolveKek')).toBe(2)
  })

  it.each([
    ['denies', new AccessDeniedError({ provider: 'fake', operation: 'resolveKek' })],
    ['does not know', new UnknownAliasError('alias/one', { provider: 'fake', operation: 'resolveKek' })],
  ])('drops the KEK and its DEKs when the KMS %s the selector', async (_, error) => {
    const { inner, clock, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.resolveKek('alias/one')
    await kms.decryptEdek(kekOne, edek)
    clock.pass(10 * MINUTE)
    inner.before = () => {
      throw error
    }
    await expect(kms.resolveKek('alias/one')).rejects.toBe(error)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    clock.pass(MINUTE)
    inner.before = () => {
      throw unavailable
    }
    await expect(kms.resolveKek('alias/one')).rejects.toBe(unavailable)
    inner.before = () => {
      throw new TypeError('no KMS error')
    }
    await expect(kms.resolveKek('alias/two')).rejects.toMatchObject({
      code: 'KMS_INVALID_RESPONSE',
      cause: { name: 'TypeError' },
    })
  })
})

describe('a caching KMS, decrypting', () => {
  it('keeps time by itself when it is given no clock', async () => {
    const inner = new FakeKms()
    const kms = cachingKms(inner)
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.decryptEdek(kekOne, edek)
    await kms.decryptEdek(kekOne, edek)
    expect(inner.count('decryptEdek')).toBe(1)
  })

  it('asks once for concurrent callers and gives each a handle of its own', async () => {
    const { inner, kms } = set()
    const { dek, edek } = await claimedPair(kms, kekOne)
    const handles = await Promise.all(Array.from({ length: 100 }, () => kms.decryptEdek(kekOne, edek)))
    expect(inner.count('decryptEdek')).toBe(1)
    expect(new Set(handles).size).toBe(100)
    for (const handle of handles.slice(1)) handle.destroy()
    expect(isSameKey(dek, handles[0] as Dek)).toBe(true)
    expect(isSameKey(dek, await kms.decryptEdek(kekOne, edek))).toBe(true)
    expect(inner.count('decryptEdek')).toBe(1)
  })

  it('asks again after 4 hours, however often the answer was used', async () => {
    const { inner, clock, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    for (let hour = 0; hour < 4; hour++) {
      await kms.decryptEdek(kekOne, edek)
      clock.pass(HOUR)
    }
    expect(inner.count('decryptEdek')).toBe(1)
    await kms.decryptEdek(kekOne, edek)
    expect(inner.count('decryptEdek')).toBe(2)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true, false])
  })

  it('keeps at most 10,000 of 12,000 DEKs and destroys the others', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    const view = new DataView(edek.buffer, edek.byteOffset)
    for (let i = 0; i < 12_000; i++) {
      view.setUint32(2, i)
      await kms.decryptEdek(kekOne, edek).then((dek) => {
        dek.destroy()
      })
    }
    expect(inner.unwrapped.map(isDestroyed).indexOf(false)).toBe(2_000)
    expect(inner.unwrapped.slice(2_000).filter(isDestroyed)).toEqual([])
  })

  it('destroys what is past use when another DEK is asked for', async () => {
    const { inner, clock, kms } = set()
    const [first, second] = [await kms.generateDekPair(kekOne), await kms.generateDekPair(kekOne)]
    await kms.decryptEdek(kekOne, first.edek)
    clock.pass(24 * HOUR)
    await kms.decryptEdek(kekOne, second.edek)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true, false])
  })

  it('leaves an evicted DEK to those who still use it', async () => {
    const { inner, kms } = set({ decryptEdek: { maxEntries: 1 } })
    const first = await claimedPair(kms, kekOne)
    const handle = await kms.decryptEdek(kekOne, first.edek)
    await kms.decryptEdek(kekOne, (await kms.generateDekPair(kekOne)).edek)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true, false])
    expect(isSameKey(first.dek, handle)).toBe(true)
  })

  it('gives every waiting caller its handle even when the answer is evicted in the same moment', async () => {
    const { inner, kms } = set({ decryptEdek: { maxEntries: 1 } })
    const pairs = await Promise.all(Array.from({ length: 8 }, () => claimedPair(kms, kekOne)))
    const deks = await Promise.all(
      pairs.flatMap(({ edek }) => [kms.decryptEdek(kekOne, edek), kms.decryptEdek(kekOne, edek)]),
    )
    expect(deks.every((dek, i) => isSameKey((pairs[i >> 1] as (typeof pairs)[0]).dek, dek))).toBe(true)
    expect(inner.unwrapped.filter((dek) => !isDestroyed(dek))).toHaveLength(1)
  })

  it('does not send an EDEK again that the KMS rejected as invalid: for 10 minutes, and twice as long each time, up to 24 hours', async () => {
    const { inner, clock, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne, { encryptionContext: { topic: 'payments' } })
    const ask = () =>
      expect(kms.decryptEdek(kekOne, edek)).rejects.toMatchObject({
        code: 'KMS_INVALID_EDEK',
        provider: 'fake',
        operation: 'decryptEdek',
      })
    await ask()
    for (const [asked, minutes] of [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440].entries()) {
      clock.pass(minutes * MINUTE - 1)
      await ask()
      expect(inner.count('decryptEdek')).toBe(asked + 1)
      clock.pass(1)
      await ask()
      expect(inner.count('decryptEdek')).toBe(asked + 2)
    }
  })

  it('asks at once for an EDEK under another context than it was refused under', async () => {
    const { kms } = set()
    const bound = { encryptionContext: { topic: 'payments' } }
    const { edek } = await kms.generateDekPair(kekOne, bound)
    await expect(kms.decryptEdek(kekOne, edek)).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })
    await expect(kms.decryptEdek(kekOne, edek, bound)).resolves.toBeDefined()
  })

  it('forgets that an EDEK was rejected as soon as it is unwrapped', async () => {
    const { inner, clock, kms } = set({ decryptEdek: { ttlMs: 0, maxStaleMs: 0 } })
    const { edek } = await kms.generateDekPair(kekOne)
    const invalid = new InvalidEdekError({ provider: 'fake', operation: 'decryptEdek' })
    const refuse = (): never => {
      throw invalid
    }
    for (const verdict of [refuse, refuse, undefined, refuse, undefined]) {
      inner.before = verdict ?? (() => undefined)
      const call = kms.decryptEdek(kekOne, edek)
      await (verdict === undefined ? expect(call).resolves.toBeDefined() : expect(call).rejects.toBe(invalid))
      // The second rejection stands for 20 min; one after a success for 10 min again.
      clock.pass(verdict === undefined ? 0 : inner.count('decryptEdek') === 2 ? 20 * MINUTE : 10 * MINUTE)
    }
    expect(inner.count('decryptEdek')).toBe(5)
  })

  it('gives the DEK that it has, whatever an older request is answered with', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    const { passed, open } = gate()
    inner.before = async () => {
      inner.before = () => undefined
      await passed
      throw new InvalidEdekError({ provider: 'fake', operation: 'decryptEdek' })
    }
    const first = kms.decryptEdek(kekOne, edek)
    await Promise.resolve()
    inner.before = ({ operation }) => {
      if (operation === 'generateDekPair') throw new AccessDeniedError({ provider: 'fake', operation })
    }
    await expect(kms.generateDekPair(kekOne)).rejects.toMatchObject({ code: 'KMS_ACCESS_DENIED' })
    await kms.decryptEdek(kekOne, edek)
    open()
    await expect(first).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })
    await expect(kms.decryptEdek(kekOne, edek)).resolves.toBeDefined()
  })

  it('remembers at most 50,000 invalid EDEKs', async () => {
    const { inner, kms } = set()
    const ask = async (i: number): Promise<void> => {
      await kms.decryptEdek(kekOne, Uint8Array.of(0, 0, i >> 16, i >> 8, i)).catch(() => undefined)
    }
    for (let i = 0; i <= 50_000; i++) await ask(i)
    await ask(1)
    expect(inner.count('decryptEdek')).toBe(50_001)
    await ask(0)
    expect(inner.count('decryptEdek')).toBe(50_002)
  })

  it.each([
    unavailable,
    new AccessDeniedError({ provider: 'fake', operation: 'decryptEdek' }),
    new KeyUnavailableError('disabled', { provider: 'fake', operation: 'decryptEdek' }),
  ])('asks again at once after $code', async (error) => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    inner.before = () => {
      throw error
    }
    await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(error)
    inner.before = () => undefined
    await expect(kms.decryptEdek(kekOne, edek)).resolves.toBeDefined()
  })

  it('takes the EDEK and the context as they are at the call', async () => {
    const { inner, kms } = set()
    const context: Record<string, string> = { topic: 'payments' }
    const { dek, edek } = await claimedPair(kms, kekOne, { encryptionContext: context })
    const copy = Buffer.from(edek)
    const { passed, open } = gate()
    inner.before = () => passed
    const call = kms.decryptEdek(kekOne, copy, { encryptionContext: context })
    copy.fill(0)
    context['topic'] = 'salaries'
    open()
    expect(isSameKey(dek, await call)).toBe(true)
    expect(isSameKey(dek, await kms.decryptEdek(kekOne, edek, { encryptionContext: { topic: 'payments' } }))).toBe(true)
    expect(inner.count('decryptEdek')).toBe(1)
  })

  it('does not take an answer for one KEK as an answer for another', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.decryptEdek(kekOne, edek)
    await expect(kms.decryptEdek(kekTwo, edek)).rejects.toMatchObject({ code: 'KMS_KEK_MISMATCH' })
    await expect(kms.decryptEdek({ ...kekOne, provider: 'other' }, edek)).resolves.toBeDefined()
    expect(inner.count('decryptEdek')).toBe(3)
  })

  describe('with an encryption context', () => {
    const right: EncryptionContext = { topic: 'payments', tenant: 'a' }
    const wrong: [string, EncryptionContext | undefined][] = [
      ['another value', { topic: 'salaries', tenant: 'a' }],
      ['a pair less', { topic: 'payments' }],
      ['a pair more', { topic: 'payments', tenant: 'a', more: '' }],
      ['values that run together', { topic: 'paymentstenant', '': 'a' }],
      ['none', undefined],
      ['an empty one', {}],
    ]
    const orders: [string, ('right' | 'wrong')[]][] = [
      ['right, wrong', ['right', 'wrong']],
      ['wrong, right', ['wrong', 'right']],
      ['wrong, right, wrong, right', ['wrong', 'right', 'wrong', 'right']],
      ['right, right, wrong, wrong', ['right', 'right', 'wrong', 'wrong']],
    ]
    const cases = wrong.flatMap(([what, context]) => orders.map(([order, turns]) => ({ what, context, order, turns })))

    it.each(cases)('refuses $what in the order $order, one after the other and at once', async ({ context, turns }) => {
      for (const concurrent of [false, true]) {
        const { kms } = set()
        const { dek, edek } = await claimedPair(kms, kekOne, { encryptionContext: right })
        const calls = turns.map(
          (turn) => () => kms.decryptEdek(kekOne, edek, { encryptionContext: turn === 'right' ? right : context }),
        )
        const results: PromiseSettledResult<Dek>[] = []
        if (concurrent) results.push(...(await Promise.allSettled(calls.map((call) => call()))))
        else for (const call of calls) results.push(...(await Promise.allSettled([call()])))
        for (const [i, result] of results.entries()) {
          expect(result.status).toBe(turns[i] === 'right' ? 'fulfilled' : 'rejected')
          if (result.status === 'fulfilled') expect(isSameKey(dek, result.value)).toBe(true)
          else expect(result.reason).toMatchObject({ code: 'KMS_INVALID_EDEK' })
        }
      }
    })

    it('takes the order of the pairs and an empty context for what they mean', async () => {
      const { inner, kms } = set()
      const bound = await kms.generateDekPair(kekOne, { encryptionContext: right })
      await kms.decryptEdek(kekOne, bound.edek, { encryptionContext: right })
      await kms.decryptEdek(kekOne, bound.edek, { encryptionContext: { tenant: 'a', topic: 'payments' } })
      const unbound = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, unbound.edek, { encryptionContext: {} })
      await kms.decryptEdek(kekOne, unbound.edek)
      expect(inner.count('decryptEdek')).toBe(2)
    })
  })

  describe('with signals', () => {
    it('ends the wait of the caller that aborts, and of nobody else', async () => {
      const { inner, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      const { passed, open } = gate()
      inner.before = () => passed
      const controller = new AbortController()
      const first = kms.decryptEdek(kekOne, edek, { signal: controller.signal, correlationId: 'first' })
      const second = kms.decryptEdek(kekOne, edek, { signal: new AbortController().signal })
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(first).rejects.toBe(reason)
      open()
      await expect(second).resolves.toBeDefined()
      expect(inner.calls.at(-1)?.options).toEqual({ correlationId: 'first', encryptionContext: undefined })
    })

    it('keeps the answer of a load that everybody left', async () => {
      const { inner, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      const { passed, open } = gate()
      inner.before = () => passed
      const controller = new AbortController()
      const calls = [1, 2, 3].map(() => kms.decryptEdek(kekOne, edek, { signal: controller.signal }))
      controller.abort()
      for (const call of calls) await expect(call).rejects.toMatchObject({ name: 'AbortError' })
      open()
      await kms.decryptEdek(kekOne, edek)
      expect(inner.count('decryptEdek')).toBe(1)
      expect(isDestroyed(inner.unwrapped[0] as Dek)).toBe(false)
    })

    it('leaves nothing behind on the signals of its callers', async () => {
      const { inner, kms } = set()
      const { signal } = new AbortController()
      const { edek } = await kms.generateDekPair(kekOne)
      await Promise.all([kms.decryptEdek(kekOne, edek, { signal }), kms.decryptEdek(kekOne, edek, { signal })])
      inner.before = () => {
        throw unavailable
      }
      await expect(kms.resolveKek('alias/one', { signal })).rejects.toBe(unavailable)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })

    it('asks nothing for a caller whose signal is aborted already', async () => {
      const { inner, kms } = set()
      const options = { signal: AbortSignal.abort() }
      await expect(kms.resolveKek('alias/one', options)).rejects.toMatchObject({ name: 'AbortError' })
      await expect(kms.generateDekPair(kekOne, options)).rejects.toMatchObject({ name: 'AbortError' })
      await expect(kms.decryptEdek(kekOne, Uint8Array.of(0), options)).rejects.toMatchObject({ name: 'AbortError' })
      expect(inner.calls).toEqual([])
    })
  })

  describe('when the KMS fails', () => {
    it('gives the failure to everybody who waits and asks again for the next', async () => {
      const { inner, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      inner.before = () => {
        throw unavailable
      }
      const { signal } = new AbortController()
      const results = await Promise.allSettled(
        [signal, undefined, undefined].map((own) => kms.decryptEdek(kekOne, edek, { signal: own })),
      )
      expect(results.map((result) => result.status === 'rejected' && result.reason === unavailable)).toEqual([
        true,
        true,
        true,
      ])
      expect(inner.count('decryptEdek')).toBe(1)
      inner.before = () => undefined
      await kms.decryptEdek(kekOne, edek)
      expect(inner.count('decryptEdek')).toBe(2)
    })

    it('rejects where a badly made KMS throws', async () => {
      const { inner, kms } = set()
      inner.decryptEdek = () => {
        throw new TypeError('thrown')
      }
      await expect(kms.decryptEdek(kekOne, Uint8Array.of(0))).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
    })

    it('uses the last answer during an outage, up to an age of 24 hours, and asks every time', async () => {
      const { inner, clock, kms } = set()
      const { dek, edek } = await claimedPair(kms, kekOne)
      await kms.decryptEdek(kekOne, edek)
      inner.before = () => {
        throw unavailable
      }
      clock.pass(5 * HOUR)
      const both = await Promise.all([kms.decryptEdek(kekOne, edek), kms.decryptEdek(kekOne, edek)])
      expect(both.map((handle) => isSameKey(dek, handle))).toEqual([true, true])
      clock.pass(19 * HOUR - 1)
      await kms.decryptEdek(kekOne, edek)
      expect(inner.count('decryptEdek')).toBe(3)
      clock.pass(1)
      await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(unavailable)
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    })

    it('takes no old answer when none is wanted', async () => {
      const { inner, clock, kms } = set({ decryptEdek: { maxStaleMs: 0 } })
      const { edek } = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, edek)
      inner.before = () => {
        throw unavailable
      }
      await kms.decryptEdek(kekOne, edek)
      clock.pass(4 * HOUR)
      await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(unavailable)
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    })

    const details = { provider: 'fake', operation: 'decryptEdek', kek: kekOne } as const

    const unasked = [new CircuitOpenError(details), new KmsOverloadedError(details)]
    it.each(unasked)('uses the last answer on $code: the KMS was not asked', async (error) => {
      const { inner, clock, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, edek)
      clock.pass(5 * HOUR)
      inner.before = () => {
        throw error
      }
      await expect(kms.decryptEdek(kekOne, edek)).resolves.toBeDefined()
    })

    it('evicts the DEKs of the KEK that a failed resolveKek names', async () => {
      const { inner, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, edek)
      inner.before = () => {
        throw new KeyUnavailableError('pending-deletion', { ...details, operation: 'resolveKek' })
      }
      await expect(kms.resolveKek('alias/one')).rejects.toMatchObject({ state: 'pending-deletion' })
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    })

    const revocations = [
      new AccessDeniedError(details),
      new KeyUnavailableError('disabled', details),
      new UnknownKeyError(details),
    ]
    const askers: [string, (kms: Kms, kek: Kek) => Promise<unknown>][] = [
      ['generateDekPair', (kms, kek) => kms.generateDekPair(kek)],
      ['decryptEdek of another EDEK', (kms, kek) => kms.decryptEdek(kek, Uint8Array.of(0))],
    ]

    it.each(revocations.flatMap((error) => askers.map(([asker, ask]) => ({ error, asker, ask }))))(
      'evicts every DEK of a KEK when $asker says $error.code',
      async ({ error, ask }) => {
        const { inner, kms } = set()
        const ones = await Promise.all([1, 2].map(() => kms.generateDekPair(kekOne)))
        const other = await kms.generateDekPair(kekTwo)
        for (const { edek } of ones) await kms.decryptEdek(kekOne, edek)
        await kms.decryptEdek(kekTwo, other.edek)
        await kms.resolveKek('alias/one')
        inner.before = () => {
          throw error
        }
        await expect(ask(kms, kekOne)).rejects.toBe(error)
        expect(inner.unwrapped.map(isDestroyed)).toEqual([true, true, false])
        for (const { edek } of ones) await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(error)
        await expect(kms.resolveKek('alias/one')).rejects.toBe(error)
        await expect(kms.decryptEdek(kekTwo, other.edek)).resolves.toBeDefined()
      },
    )

    it('does not fall back on what was revoked when an outage follows', async () => {
      const { inner, clock, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, edek)
      clock.pass(5 * HOUR)
      inner.before = () => {
        throw revocations[1] as Error
      }
      await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(revocations[1])
      inner.before = () => {
        throw unavailable
      }
      await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(unavailable)
    })

    it('does not keep an answer that was under way when its KEK was revoked', async () => {
      const { inner, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      const { passed, open } = gate()
      inner.before = () => passed
      const call = kms.decryptEdek(kekOne, edek)
      inner.before = () => {
        throw revocations[1] as Error
      }
      await expect(kms.generateDekPair(kekOne)).rejects.toBe(revocations[1])
      open()
      await expect(call).resolves.toBeDefined()
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
      await expect(kms.decryptEdek(kekOne, edek)).rejects.toBe(revocations[1])
    })

    const ofOneVersion = [
      new KeyUnavailableError('too-old', details),
      new KeyUnavailableError('version-unavailable', details),
      new KeyVersionAheadError(details),
    ]
    it.each(ofOneVersion)(
      'keeps all that it has of a KEK, and remembers nothing, when one EDEK names a version that the KMS rejects: $message',
      async (error) => {
        const { inner, kms } = set()
        const kek = await kms.resolveKek('alias/one')
        const { edek } = await kms.generateDekPair(kek)
        await kms.decryptEdek(kek, edek)
        inner.before = () => {
          throw error
        }
        for (let i = 0; i < 3; i++) await expect(kms.decryptEdek(kek, Uint8Array.of(0))).rejects.toBe(error)
        expect(inner.count('decryptEdek')).toBe(4)
        await expect(kms.decryptEdek(kek, edek)).resolves.toBeDefined()
        await expect(kms.resolveKek('alias/one')).resolves.toEqual(kekOne)
      },
    )

    it('drops the DEK of a version that the KMS does not accept any more, but not for a node that is behind', async () => {
      const { inner, clock, kms } = set()
      const { edek } = await kms.generateDekPair(kekOne)
      await kms.decryptEdek(kekOne, edek)
      for (const [error, survives] of [
        [ofOneVersion[2], true],
        [ofOneVersion[1], false],
      ] as const) {
        clock.pass(4 * HOUR)
        inner.before = () => {
          throw error as Error
        }
        const call = kms.decryptEdek(kekOne, edek)
        await (survives ? expect(call).resolves.toBeDefined() : expect(call).rejects.toBe(error))
      }
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    })

    it('drops only the answer that the KMS takes back', async () => {
      const { inner, clock, kms } = set({ decryptEdek: { ttlMs: 0 } })
      const [first, second] = [await kms.generateDekPair(kekOne), await kms.generateDekPair(kekOne)]
      await kms.decryptEdek(kekOne, first.edek)
      await kms.decryptEdek(kekOne, second.edek)
      clock.pass(1)
      const wrong = kms.decryptEdek(kekOne, first.edek, { encryptionContext: { a: 'b' } })
      await expect(wrong).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })
      expect(inner.unwrapped.map(isDestroyed)).toEqual([false, false])
      inner.before = () => {
        throw new TypeError('taken back')
      }
      await expect(kms.decryptEdek(kekOne, first.edek)).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
      expect(inner.unwrapped.map(isDestroyed)).toEqual([true, false])
    })
  })
})

describe('a caching KMS, as a decorator', () => {
  it('asks the KMS inside which KEK an EDEK names', async () => {
    const { kms } = set()
    expect(kms.kekOf(Uint8Array.of(1))).toBe(kekTwo)
    expect(() => kms.kekOf(Uint8Array.of(9))).toThrow(expect.objectContaining({ code: 'KMS_INVALID_EDEK' }))
  })

  it('says how the KMS is where the KMS inside does', async () => {
    const { inner, kms } = set()
    expect(kms.health).toBeUndefined()
    const healthy = cachingKms(Object.assign(inner, { health: async () => ({ status: 'degraded' as const }) }))
    expect(await healthy.health?.()).toEqual({ status: 'degraded' })
    await healthy.close()
    await expect(healthy.health?.()).rejects.toMatchObject({ code: 'KMS_CLOSED' })
  })

  it('is recognised and not decorated twice', () => {
    const { inner, kms } = set()
    expect(isDecoratedKms(kms)).toBe(true)
    expect(isDecoratedKms(inner)).toBe(false)
    expect(cachingKms(kms)).toBe(kms)
  })

  it('is recognised when another installed copy of the package made it', () => {
    const { inner } = set()
    expect(isDecoratedKms(Object.assign(inner, { [Symbol.for('@keyfold/kms-api/decorated')]: true }))).toBe(true)
  })

  it('closes once: destroys what it holds, closes the KMS inside, refuses later calls', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    const handle = await kms.decryptEdek(kekOne, edek)
    await Promise.all([kms.close(), kms.close(), kms[Symbol.asyncDispose]()])
    expect(inner.closed).toBe(1)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    expect(isDestroyed(handle)).toBe(false)
    const closed = { code: 'KMS_CLOSED', provider: 'fake' }
    await expect(kms.resolveKek('alias/one')).rejects.toMatchObject(closed)
    await expect(kms.generateDekPair(kekOne)).rejects.toMatchObject(closed)
    await expect(kms.decryptEdek(kekOne, edek)).rejects.toMatchObject(closed)
    expect(() => kms.kekOf(edek)).toThrow(expect.objectContaining(closed))
  })

  it('leaves the KMS inside open for who does not own it', async () => {
    const { inner, kms } = set({ closeInner: false })
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.decryptEdek(kekOne, edek)
    await kms.close()
    expect(inner.closed).toBe(0)
    expect(inner.unwrapped.map(isDestroyed)).toEqual([true])
    await expect(kms.decryptEdek(kekOne, edek)).rejects.toMatchObject({ code: 'KMS_CLOSED' })
  })

  it('ends the waits of its callers when it is closed, and destroys what arrives later', async () => {
    const { inner, kms } = set({ closeInner: false })
    const { edek } = await kms.generateDekPair(kekOne)
    const { passed, open } = gate()
    inner.before = () => passed
    const call = kms.decryptEdek(kekOne, edek)
    const kek = kms.resolveKek('alias/one')
    await kms.close()
    await expect(call).rejects.toMatchObject({ code: 'KMS_CLOSED', operation: 'decryptEdek' })
    await expect(kek).rejects.toMatchObject({ code: 'KMS_CLOSED', operation: 'resolveKek' })
    open()
    await expect.poll(() => inner.unwrapped.map(isDestroyed)).toEqual([true])
  })

  it('shows nothing of what it holds', async () => {
    const { kms } = set()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.decryptEdek(kekOne, edek)
    const shown = inspect(kms, { showHidden: true, depth: 9 }) + JSON.stringify(kms)
    expect(shown).not.toMatch(/Dek|[A-Za-z0-9+/]{43}=/)
  })

  const bad: [string, CachingKmsOptions][] = [
    ['resolveKek.ttlMs', { resolveKek: { ttlMs: -1 } }],
    ['resolveKek.maxStaleMs', { resolveKek: { maxStaleMs: NaN } }],
    ['resolveKek.maxEntries', { resolveKek: { maxEntries: 0 } }],
    ['resolveKek.unknownTtlMs', { resolveKek: { unknownTtlMs: 0.5 } }],
    ['decryptEdek.invalidTtlMs', { decryptEdek: { invalidTtlMs: -1 } }],
    ['decryptEdek.maxInvalidTtlMs', { decryptEdek: { invalidTtlMs: 2, maxInvalidTtlMs: 1 } }],
    ['decryptEdek.goneTtlMs', { decryptEdek: { goneTtlMs: 1.5 } }],
    ['decryptEdek.maxGoneTtlMs', { decryptEdek: { maxGoneTtlMs: 1 } }],
    ['decryptEdek.ttlMs', { decryptEdek: { ttlMs: Infinity } }],
    ['decryptEdek.maxStaleMs', { decryptEdek: { maxStaleMs: '1' as unknown as number } }],
    ['decryptEdek.maxEntries', { decryptEdek: { maxEntries: 1.5 } }],
  ]
  it.each(bad)('refuses a bad "%s" at once', (name, options) => {
    expect(() => cachingKms(new FakeKms(), options)).toThrow(
      new RegExp(`^"${name.replace('.', '\\.')}" expected a whole number`),
    )
  })
})
