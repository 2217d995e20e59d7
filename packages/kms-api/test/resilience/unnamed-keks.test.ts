import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'

import {
  AccessDeniedError,
  AuthenticationError,
  CircuitOpenError,
  ContextUnsupportedError,
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  KeyVersionAheadError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  type Kek,
  type Kms,
} from '../../src/index.ts'
import { cachingKms, guardUnnamedKeks } from '../../src/resilience/index.ts'
import { FakeKms, gate, kekOne, kekTwo, type FakeCall } from './fake-kms.ts'

const MINUTE = 60_000
const details = { provider: 'fake', operation: 'decryptEdek' } as const
const lookupDetails = { ...details, operation: 'resolveKek' } as const
/** A record of topic "t" names KEK two; the topic's rule has KEK one. */
const reader = { topic: 't', named: false, ruleKekSelector: 'alias/one' }

const isLookup = (call: FakeCall): boolean => call.kekSelector === 'two'
const isUnwrap = ({ operation, kek }: FakeCall): boolean => operation === 'decryptEdek' && kek?.id === 'two'

function failing(where: (call: FakeCall) => boolean, error: Error): (call: FakeCall) => void {
  return (call) => {
    if (where(call)) throw error
  }
}

function set(how: 'cached' | 'guarded' = 'cached'): {
  inner: FakeKms
  clock: TestClock
  kms: Kms
  lookups: () => number
  unwraps: () => number
} {
  const inner = new FakeKms()
  const clock = new TestClock()
  return {
    inner,
    clock,
    kms: how === 'cached' ? cachingKms(inner, { clock }) : guardUnnamedKeks(inner, { clock }),
    lookups: () => inner.calls.filter(isLookup).length,
    unwraps: () => inner.calls.filter(isUnwrap).length,
  }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(['cached', 'guarded'] as const)('a KEK that no rule names exactly (%s)', (how) => {
  it('is looked up by its id before it is used, once for many EDEKs', async () => {
    const { inner, kms, lookups, unwraps } = set(how)
    const pairs = await Promise.all(Array.from({ length: 20 }, () => kms.generateDekPair(kekTwo)))
    inner.calls.length = 0
    await Promise.all(pairs.map(({ edek }) => kms.decryptEdek(kekTwo, edek, { reader })))
    expect([lookups(), unwraps()]).toEqual([1, 20])
    expect(isLookup(inner.calls[0]!)).toBe(true)
    expect(inner.calls[0]!.options.reader).toEqual(reader)
  })

  it('is looked up again after 10 minutes', async () => {
    const { clock, kms, lookups } = set(how)
    for (const [passed, total] of [
      [0, 1],
      [10 * MINUTE - 1, 1],
      [1, 2],
    ] as const) {
      clock.pass(passed)
      const { edek } = await kms.generateDekPair(kekTwo)
      await kms.decryptEdek(kekTwo, edek, { reader })
      expect(lookups()).toBe(total)
    }
  })

  it('is not looked up where the rule names it, or nobody says', async () => {
    const { kms, lookups } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    await kms.decryptEdek(kekTwo, edek, { reader: { ...reader, named: true } })
    await kms.decryptEdek(kekTwo, edek)
    expect(lookups()).toBe(0)
  })

  it('is used without knowing more where the lookup is denied, and the denial is remembered', async () => {
    const { inner, kms, lookups, unwraps } = set(how)
    const pairs = [await kms.generateDekPair(kekTwo), await kms.generateDekPair(kekTwo)]
    inner.before = failing(isLookup, new AccessDeniedError(lookupDetails))
    for (const { edek } of pairs) await kms.decryptEdek(kekTwo, edek, { reader })
    expect([lookups(), unwraps()]).toEqual([1, 2])
  })

  const gone: [string, (call: FakeCall) => boolean, Error][] = [
    ['unknown to the lookup', isLookup, new UnknownAliasError('two', lookupDetails)],
    ['disabled', isLookup, new KeyUnavailableError('disabled', lookupDetails)],
    ['of another kind', isLookup, new InvalidKeyUsageError('an AES key', lookupDetails)],
    ['unable to bind a context', isLookup, new ContextUnsupportedError(lookupDetails)],
    ['deleted', isUnwrap, new UnknownKeyError(details)],
    ['pending deletion', isUnwrap, new KeyUnavailableError('pending-deletion', details)],
    ['denied', isUnwrap, new AccessDeniedError(details)],
    ['misused', isUnwrap, new InvalidKeyUsageError('an AES key', details)],
  ]
  it.each(gone)('that is %s is remembered by KEK: 200 EDEKs cause one request', async (_, where, error) => {
    const { inner, kms, lookups, unwraps } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    inner.before = failing(where, error)
    for (let i = 0; i < 200; i++) {
      const another = new Uint8Array(edek)
      another[10] = i
      expect(await rejection(kms.decryptEdek(kekTwo, another, { reader }))).toBe(error)
    }
    expect([lookups(), unwraps()]).toEqual([1, where === isUnwrap ? 1 : 0])
  })

  it('that is gone is requested again after 10 minutes, then 20, up to an hour, and from the start once it is back', async () => {
    const { inner, clock, kms, lookups } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    const forged = new Uint8Array(edek).fill(0, 2)
    const down = failing(isLookup, new UnknownAliasError('two', lookupDetails))
    inner.before = down
    await rejection(kms.decryptEdek(kekTwo, edek, { reader }))
    for (const [requests, minutes] of [10, 20, 40, 60, 60].entries()) {
      clock.pass(minutes * MINUTE - 1)
      expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
      expect(lookups()).toBe(requests + 1)
      clock.pass(1)
      await rejection(kms.decryptEdek(kekTwo, edek, { reader }))
      expect(lookups()).toBe(requests + 2)
    }
    clock.pass(60 * MINUTE)
    inner.before = () => undefined
    await kms.decryptEdek(kekTwo, edek, { reader })
    clock.pass(10 * MINUTE)
    inner.before = down
    await rejection(kms.decryptEdek(kekTwo, forged, { reader }))
    const before = lookups()
    clock.pass(10 * MINUTE)
    await rejection(kms.decryptEdek(kekTwo, forged, { reader }))
    expect(lookups()).toBe(before + 1)
  })

  it('of which many EDEKs fail at once stays remembered for 10 minutes, not longer', async () => {
    const { inner, clock, kms, unwraps } = set(how)
    const pairs = await Promise.all(Array.from({ length: 32 }, () => kms.generateDekPair(kekTwo)))
    inner.before = failing(isUnwrap, new KeyUnavailableError('disabled', details))
    await Promise.all(pairs.map(({ edek }) => rejection(kms.decryptEdek(kekTwo, edek, { reader }))))
    const before = unwraps()
    clock.pass(10 * MINUTE)
    await rejection(kms.decryptEdek(kekTwo, pairs[0]!.edek, { reader }))
    expect(unwraps()).toBe(before + 1)
  })

  const outages = [
    new KmsUnavailableError({ ...details, status: 500 }),
    new KmsTimeoutError(100, details),
    new InvalidResponseError('a DEK', details),
  ]
  const places: [string, (call: FakeCall) => boolean][] = [
    ['the lookup', isLookup],
    ['the unwrapping', isUnwrap],
  ]
  it.each(outages.flatMap((error) => places.map(([place, where]) => [error.code, place, where, error] as const)))(
    'that alone ends in %s (%s) is unresponsive while the KMS responds about the KEK of the rule',
    async (_code, _place, where, error) => {
      const { inner, clock, kms, lookups } = set(how)
      const { edek } = await kms.generateDekPair(kekTwo)
      await kms.resolveKek('alias/one')
      clock.pass(1)
      inner.calls.length = 0
      inner.before = failing(where, error)
      const call = () => rejection(kms.decryptEdek(kekTwo, edek, { reader }))
      expect(await call()).toMatchObject({
        code: 'KMS_KEY_UNAVAILABLE',
        state: 'unresponsive',
        kek: kekTwo,
        cause: error,
        retryable: false,
      })
      const probes = inner.calls.filter(({ kekSelector }) => kekSelector === 'alias/one')
      expect(probes).toHaveLength(1)
      for (let i = 0; i < 200; i++) expect(await call()).toMatchObject({ state: 'unresponsive' })
      expect(lookups()).toBe(1)
      // A key store that was down for a moment is not given up for long.
      clock.pass(10_000)
      inner.before = () => undefined
      expect(await call()).toBeUndefined()
    },
  )

  it('of which one EDEK gets no response opens all others: whoever writes records makes such an EDEK', async () => {
    const { inner, kms } = set(how)
    const pairs = await Promise.all(Array.from({ length: 5 }, () => kms.generateDekPair(kekTwo)))
    const crafted = new Uint8Array(pairs[0]!.edek)
    crafted[10]! ^= 1
    const answer = inner.decryptEdek.bind(inner)
    inner.decryptEdek = (kek, edek, options) =>
      Buffer.from(edek).equals(crafted)
        ? Promise.reject(new KmsUnavailableError({ ...details, status: 500 }))
        : answer(kek, edek, options)
    const again = how === 'cached' ? cachingKms(inner) : guardUnnamedKeks(inner)
    for (const { edek } of pairs) {
      expect(await rejection(again.decryptEdek(kekTwo, crafted, { reader }))).toMatchObject({ state: 'unresponsive' })
      await expect(again.decryptEdek(kekTwo, edek, { reader })).resolves.toBeDefined()
    }
  })

  it('is looked up for all who wait: one that aborts ends its own wait only', async () => {
    const { inner, kms, lookups } = set(how)
    const pairs = [await kms.generateDekPair(kekTwo), await kms.generateDekPair(kekTwo)]
    const { passed, open } = gate()
    inner.before = async (call) => {
      if (!isLookup(call)) return
      await passed
      call.options.signal?.throwIfAborted()
    }
    const controller = new AbortController()
    const aborted = rejection(kms.decryptEdek(kekTwo, pairs[0]!.edek, { reader, signal: controller.signal }))
    const other = kms.decryptEdek(kekTwo, pairs[1]!.edek, { reader, signal: new AbortController().signal })
    await Promise.resolve()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    open()
    await expect(other).resolves.toBeDefined()
    expect(lookups()).toBe(1)
  })

  it.each(outages)('that fails as the whole KMS does is an outage: $code', async (error) => {
    const { inner, clock, kms } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    await kms.resolveKek('alias/one')
    clock.pass(1)
    inner.before = failing(() => true, error)
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toBe(error)
    inner.before = () => undefined
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toBeUndefined()
  })

  it.each(outages)('that fails is an outage where no rule has a KEK to compare with: $code', async (error) => {
    const { inner, kms } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    inner.before = failing(isUnwrap, error)
    const alone = { topic: 't', named: false }
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader: alone }))).toBe(error)
  })

  const others = [
    new ThrottledError(details),
    new AuthenticationError(details),
    new CircuitOpenError(details),
    new KmsOverloadedError(details),
    new KeyVersionAheadError(details),
    new KeyUnavailableError('version-unavailable', details),
    new KeyUnavailableError('too-old', details),
  ]
  it.each(others)('passes on what says nothing about the KEK alone, and remembers it not: $message', async (error) => {
    const { inner, kms, unwraps } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    inner.before = failing(isUnwrap, error)
    for (let i = 0; i < 2; i++) expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toBe(error)
    expect(unwraps()).toBe(2)
  })

  it.each<[string, Kek]>([
    ['another KEK', kekOne],
    ['a KEK of another kind', { ...kekTwo, wrapping: 'public-key' }],
  ])('whose id the KMS resolves to %s does not exist', async (_, found) => {
    const inner = new FakeKms()
    const resolveKek = (): Promise<Kek> => Promise.resolve(found)
    const answering = Object.assign(inner, { resolveKek })
    const kms = how === 'cached' ? cachingKms(answering) : guardUnnamedKeks(answering)
    const { edek } = await kms.generateDekPair(kekTwo)
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toMatchObject({ code: 'KMS_UNKNOWN_KEY' })
    expect(inner.count('decryptEdek')).toBe(0)
  })

  it('that an EDEK claims to be of another kind rejects that EDEK alone, before and after the lookup', async () => {
    const { inner, clock, kms } = set(how)
    const forged: Kek = { ...kekTwo, wrapping: 'public-key' }
    const { edek } = await kms.generateDekPair(kekTwo)
    for (let i = 0; i < 3; i++) {
      expect(await rejection(kms.decryptEdek(forged, edek, { reader }))).toMatchObject({ code: 'KMS_UNKNOWN_KEY' })
      expect(inner.count('decryptEdek')).toBe(i)
      const good = await kms.generateDekPair(kekTwo)
      await expect(kms.decryptEdek(kekTwo, good.edek, { reader })).resolves.toBeDefined()
      clock.pass(11 * MINUTE)
    }
  })

  it.each<[string, (call: FakeCall) => boolean, Error]>([
    ['cannot bind', isLookup, new ContextUnsupportedError(lookupDetails)],
    ['may not be used with', isUnwrap, new AccessDeniedError(details)],
    ['has no usage for', isUnwrap, new InvalidKeyUsageError('another key', details)],
  ])('that %s the context of one topic is there for the others', async (_, where, error) => {
    const { inner, kms } = set(how)
    const bound = (name: string) => ({ reader, encryptionContext: { name } })
    const one = await kms.generateDekPair(kekTwo, bound('one'))
    const other = await kms.generateDekPair(kekTwo, bound('other'))
    const none = await kms.generateDekPair(kekTwo)
    inner.before = failing(
      (call) =>
        where(call) &&
        call.options.encryptionContext !== undefined &&
        call.options.encryptionContext['name'] !== 'other',
      error,
    )
    expect(await rejection(kms.decryptEdek(kekTwo, one.edek, bound('one')))).toBe(error)
    await expect(kms.decryptEdek(kekTwo, none.edek, { reader })).resolves.toBeDefined()
    if (where === isUnwrap) await expect(kms.decryptEdek(kekTwo, other.edek, bound('other'))).resolves.toBeDefined()
    // … and is remembered for that one.
    const before = inner.calls.length
    expect(await rejection(kms.decryptEdek(kekTwo, one.edek, bound('one')))).toBe(error)
    expect(inner.calls.length).toBe(before)
  })

  it('ends the wait of a caller that aborts, with its reason', async () => {
    const { inner, kms } = set(how)
    const { edek } = await kms.generateDekPair(kekTwo)
    const { passed, open } = gate()
    const controller = new AbortController()
    inner.before = async (call) => {
      if (!isLookup(call)) return
      await passed
      call.options.signal?.throwIfAborted()
    }
    const call = rejection(kms.decryptEdek(kekTwo, edek, { reader, signal: controller.signal }))
    const reason = new KmsUnavailableError(details)
    controller.abort(reason)
    open()
    expect(await call).toBe(reason)
  })
})

describe('a caching KMS, about KEKs that no rule names exactly', () => {
  it('serves a DEK that it has without a lookup, and while the KMS says nothing about its KEK', async () => {
    const { inner, clock, kms, lookups } = set()
    const { edek } = await kms.generateDekPair(kekTwo)
    await kms.decryptEdek(kekTwo, edek, { reader })
    clock.pass(60 * MINUTE)
    await kms.decryptEdek(kekTwo, edek, { reader })
    expect(lookups()).toBe(1)
    clock.pass(4 * 60 * MINUTE)
    inner.before = failing(isUnwrap, new KmsUnavailableError(details))
    await expect(kms.decryptEdek(kekTwo, edek, { reader })).resolves.toBeDefined()
    const other = await kms.generateDekPair(kekTwo)
    expect(await rejection(kms.decryptEdek(kekTwo, other.edek, { reader }))).toMatchObject({ state: 'unresponsive' })
    await expect(kms.decryptEdek(kekTwo, edek, { reader })).resolves.toBeDefined()
  })

  it('keeps 100,000 hostile names out of the cache of selectors', async () => {
    const { inner, kms } = set()
    await kms.resolveKek('alias/one')
    const edek = Uint8Array.of(1, 0)
    for (let i = 0; i < 100_000; i++)
      await rejection(
        kms.decryptEdek({ provider: 'fake', id: `hostile ${i}`, wrapping: 'authenticated' }, edek, { reader }),
      )
    const before = inner.calls.length
    await kms.resolveKek('alias/one')
    expect(inner.calls.length).toBe(before)
  })

  it('keeps the DEKs of a KEK of which an EDEK claims another kind', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekTwo)
    await kms.decryptEdek(kekTwo, edek, { reader })
    await rejection(kms.decryptEdek({ ...kekTwo, wrapping: 'public-key' }, Uint8Array.of(1, 0, 7), { reader }))
    const before = inner.calls.length
    await expect(kms.decryptEdek(kekTwo, edek, { reader })).resolves.toBeDefined()
    expect(inner.calls.length).toBe(before)
  })

  it('neither keeps nor joins what is resolved for a reader of such a KEK', async () => {
    const { inner, kms } = set()
    await kms.resolveKek('two', { reader })
    await kms.resolveKek('two', { reader })
    expect(inner.count('resolveKek')).toBe(2)
    inner.before = failing(isLookup, new UnknownAliasError('two', lookupDetails))
    await rejection(kms.resolveKek('two', { reader }))
    inner.before = () => undefined
    await expect(kms.resolveKek('two')).resolves.toEqual(kekTwo)
  })

  it('that are gone for one reader asks again for a reader whose rule names the KEK', async () => {
    const { inner, kms } = set()
    const { edek } = await kms.generateDekPair(kekTwo)
    inner.before = failing(isUnwrap, new KeyUnavailableError('disabled', details))
    await rejection(kms.decryptEdek(kekTwo, edek, { reader }))
    inner.before = () => undefined
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toMatchObject({ state: 'disabled' })
    await expect(kms.decryptEdek(kekTwo, edek, { reader: { topic: 't', named: true } })).resolves.toBeDefined()
  })

  it('forgets all of it when it is closed', async () => {
    const { kms, inner } = set()
    const { edek } = await kms.generateDekPair(kekTwo)
    await kms.close()
    const before = inner.calls.length
    expect(await rejection(kms.decryptEdek(kekTwo, edek, { reader }))).toMatchObject({ code: 'KMS_CLOSED' })
    expect(inner.calls.length).toBe(before)
  })
})
