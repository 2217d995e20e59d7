import { describe, expect, it } from 'vitest'

import { AccessDeniedError, AuthenticationError, isKmsError, KmsUnavailableError, type Kms } from '../../src/index.ts'
import { cachingKms } from '../../src/resilience/index.ts'
import { FakeKms, kekOne } from './fake-kms.ts'
import { ManualClock, settle } from './manual-clock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const details = { provider: 'fake', operation: 'resolveKek' } as const

function stage(): { readonly inner: FakeKms; readonly clock: ManualClock; readonly kms: Kms } {
  const inner = new FakeKms()
  const clock = new ManualClock()
  return { inner, clock, kms: cachingKms(inner, { clock }) }
}

/** Whether a call ends without any time passing. */
async function atOnce(call: Promise<unknown>): Promise<string> {
  const outcome = call.then(
    () => 'served',
    (error: unknown) => (isKmsError(error) ? error.code : 'other'),
  )
  return Promise.race([outcome, settle().then(() => 'waits')])
}

describe('a response in use', () => {
  it('is refreshed in the background from 80 % of its age on, and nobody waits', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    await clock.advance(8 * MINUTE - 1)
    await kms.resolveKek('alias/one')
    expect(inner.count('resolveKek')).toBe(1)
    inner.before = () => new Promise(() => undefined)
    await clock.advance(1)
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('served')
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('served')
    expect(inner.count('resolveKek')).toBe(2)
  })

  it('is young again after the refresh', async () => {
    const { inner, clock, kms } = stage()
    for (let minute = 0; minute < 60; minute++) {
      await kms.resolveKek('alias/one')
      await clock.advance(MINUTE)
    }
    // Every 8 minutes, as with a KMS that is asked when it is due.
    expect(inner.count('resolveKek')).toBe(8)
  })

  it.each(['hangs', 'is unreachable'])('is served at once for 24 hours while the KMS %s, then not', async (state) => {
    const { inner, clock, kms } = stage()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.resolveKek('alias/one')
    ;(await kms.decryptEdek(kekOne, edek)).destroy()
    inner.before = () =>
      state === 'hangs' ? new Promise(() => undefined) : Promise.reject(new KmsUnavailableError(details))
    const seen = new Set<string>()
    for (let passed = 0; passed < 24 * HOUR - 5 * MINUTE; passed += 5 * MINUTE) {
      await clock.advance(5 * MINUTE)
      seen.add(await atOnce(kms.resolveKek('alias/one')))
      seen.add(await atOnce(kms.decryptEdek(kekOne, edek)))
    }
    expect([...seen]).toEqual(['served'])
    await clock.advance(5 * MINUTE)
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe(state === 'hangs' ? 'waits' : 'KMS_UNAVAILABLE')
    expect(await atOnce(kms.decryptEdek(kekOne, edek))).toBe(state === 'hangs' ? 'waits' : 'KMS_UNAVAILABLE')
  })

  it('causes few requests during an outage: they back off up to a minute', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    inner.before = () => {
      throw new KmsUnavailableError(details)
    }
    for (let second = 0; second < 1_800; second++) {
      await clock.advance(1_000)
      await kms.resolveKek('alias/one')
    }
    // From minute 8 on: 1, 2, 4 … 32 s apart, then one a minute.
    expect(inner.count('resolveKek')).toBeGreaterThan(20)
    expect(inner.count('resolveKek')).toBeLessThanOrEqual(30)
  })

  it('that lay idle past its age is requested first, and stands in only for an outage', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    await clock.advance(20 * MINUTE)
    inner.before = () => new Promise(() => undefined)
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('waits')

    const other = stage()
    await other.kms.resolveKek('alias/one')
    await other.clock.advance(20 * HOUR)
    other.inner.before = () => {
      throw new KmsUnavailableError(details)
    }
    expect(await other.kms.resolveKek('alias/one')).toEqual(kekOne)
    await other.clock.advance(10 * MINUTE)
    other.inner.before = () => {
      throw new AccessDeniedError(details)
    }
    await expect(other.kms.resolveKek('alias/one')).rejects.toThrow(AccessDeniedError)
  })

  it.each([
    ['denied', () => new AccessDeniedError(details)],
    ['not logged in', () => new AuthenticationError(details)],
  ])('is dropped when its refresh ends with: %s', async (_, error) => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    await clock.advance(9 * MINUTE)
    inner.before = () => {
      throw error()
    }
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('served')
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe(error().code)
  })

  it('of a KEK that a refresh says is revoked takes the DEKs of that KEK along', async () => {
    const { inner, clock, kms } = stage()
    const { edek } = await kms.generateDekPair(kekOne)
    await kms.resolveKek('alias/one')
    ;(await kms.decryptEdek(kekOne, edek)).destroy()
    await clock.advance(9 * MINUTE)
    inner.before = () => {
      throw new AccessDeniedError({ ...details, kek: kekOne })
    }
    await kms.resolveKek('alias/one')
    await settle()
    await expect(kms.decryptEdek(kekOne, edek)).rejects.toThrow(AccessDeniedError)
  })

  it('that is refreshed without being read grows idle all the same', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    await clock.advance(9 * MINUTE)
    // This use begins a refresh, which is a young response …
    await kms.resolveKek('alias/one')
    await settle()
    // … and 21 minutes later it is past its age and was used by nobody for longer than the idle time.
    await clock.advance(21 * MINUTE)
    inner.before = () => new Promise(() => undefined)
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('waits')
  })

  it('is not served to a caller who wants a younger one', async () => {
    const { inner, clock, kms } = stage()
    await kms.resolveKek('alias/one')
    await clock.advance(MINUTE)
    inner.before = () => new Promise(() => undefined)
    expect(await atOnce(kms.resolveKek('alias/one', { maxAgeMs: 1_000 }))).toBe('waits')
    expect(await atOnce(kms.resolveKek('alias/one'))).toBe('served')
  })
})
