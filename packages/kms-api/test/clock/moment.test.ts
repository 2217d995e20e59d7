import { describe, expect, it } from 'vitest'

import { elapsedMs, KmsUnavailableError, momentOf, systemClock, type Clock } from '../../src/index.ts'
import { cachingKms } from '../../src/resilience/index.ts'
import { FakeKms } from '../resilience/fake-kms.ts'

const WRONG: readonly (readonly [unknown, string])[] = [
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [undefined, 'undefined'],
  ['5', 'string'],
  [5n, 'bigint'],
  [new Date(), 'object'],
]
const clockOf = (wall: unknown, monotonic: unknown): Clock =>
  ({ now: () => wall, monotonic: () => monotonic }) as unknown as Clock

describe('a moment', () => {
  it('holds what both clocks say, and the larger difference is what has passed', () => {
    const from = momentOf(clockOf(10, 5))
    expect(from).toEqual({ wall: 10, monotonic: 5 })
    expect(elapsedMs(from, momentOf(clockOf(9, 7)))).toBe(2)
    expect(elapsedMs(from, momentOf(clockOf(20, 5)))).toBe(10)
    expect(momentOf(systemClock).wall).toBeGreaterThan(0)
  })

  it.each(WRONG)('is no reading of a clock that says %s', (reading, got) => {
    expect(() => momentOf(clockOf(reading, 0))).toThrow(
      new TypeError(`"clock.now" expected to return a finite number, got ${got}`),
    )
    expect(() => momentOf(clockOf(0, reading))).toThrow(
      new TypeError(`"clock.monotonic" expected to return a finite number, got ${got}`),
    )
  })
})

describe('a cache whose clock says NaN', () => {
  it('is not made', () => {
    expect(() => cachingKms(new FakeKms(), { clock: clockOf(NaN, 0) })).toThrow('"clock.now" expected')
  })

  it('rejects calls, also those that were under way', async () => {
    const inner = new FakeKms()
    let wall = 1_000
    const kms = cachingKms(inner, { clock: { now: () => wall, monotonic: () => 0 } })
    await kms.resolveKek('alias/one')
    wall += 3_600_000
    inner.before = () => {
      wall = NaN
      throw new KmsUnavailableError({ provider: 'fake', operation: 'resolveKek' })
    }
    await expect(kms.resolveKek('alias/one')).rejects.toThrow('"clock.now" expected to return a finite number, got NaN')
    await expect(kms.resolveKek('alias/two')).rejects.toThrow('"clock.now" expected to return a finite number, got NaN')
    await kms.close()
  })
})
