import { describe, expect, test } from 'vitest'

import { AccessDeniedError, UnknownKeyError } from '@keyfold/kms-api'

import { ClauseError } from '../../src/assertions/clause-error.ts'
import { describe as describeValue } from '../../src/assertions/describe.ts'
import { expectKmsError, expectThrown, expectTypeError } from '../../src/assertions/expect-failure.ts'
import { expectEqual, sameBytes } from '../../src/assertions/expect.ts'
import { inParallel } from '../../src/assertions/in-parallel.ts'
import { outcomeOf } from '../../src/assertions/outcome.ts'
import { within } from '../../src/assertions/within.ts'

const denied = new AccessDeniedError({ provider: 'test', operation: 'resolveKek' })

describe('a broken clause says what was expected and what was got', () => {
  test('for another code', async () => {
    const call = expectKmsError(() => Promise.reject(denied), ['KMS_UNKNOWN_ALIAS'], 'resolveKek')
    await expect(call).rejects.toThrow(new ClauseError('resolveKek expected KMS_UNKNOWN_ALIAS, got KMS_ACCESS_DENIED'))
  })

  test('for success where a failure is due', async () => {
    await expect(expectKmsError(() => Promise.resolve('kek'), ['KMS_UNKNOWN_ALIAS'], 'resolveKek')).rejects.toThrow(
      'resolveKek expected KMS_UNKNOWN_ALIAS, got success',
    )
    await expect(expectTypeError(() => Promise.resolve(), 'resolveKek')).rejects.toThrow(
      'resolveKek expected a TypeError, got success',
    )
    expect(() => expectThrown(() => undefined, 'KMS_INVALID_EDEK', 'kekOf')).toThrow(
      'kekOf expected KMS_INVALID_EDEK, got success',
    )
  })

  test('with the code of a vendor, also if it is a number, and with the reason of a KmsError', () => {
    expect(describeValue(Object.assign(new Error('x'), { code: 160 }))).toBe('Error 160')
    expect(describeValue(Object.assign(new Error('x'), { code: 'CKR_PIN_LOCKED' }))).toBe('Error CKR_PIN_LOCKED')
    expect(
      describeValue(new AccessDeniedError({ provider: 'test', operation: 'resolveKek', reason: 'CKR_PIN_LOCKED' })),
    ).toBe('KMS_ACCESS_DENIED (CKR_PIN_LOCKED)')
  })

  test('for an error that is no KmsError, even when it calls itself one', async () => {
    const call = expectKmsError(
      () => Promise.reject(Object.assign(new Error('x'), { code: 'KMS_UNKNOWN_ALIAS' })),
      ['KMS_UNKNOWN_ALIAS'],
      'resolveKek',
    )
    await expect(call).rejects.toThrow('got Error KMS_UNKNOWN_ALIAS')
  })

  test('for a call that throws synchronously, and for one that gives no promise', async () => {
    await expect(
      outcomeOf(() => {
        throw new TypeError('now')
      }, 'resolveKek'),
    ).rejects.toThrow('resolveKek expected to reject, it threw synchronously')
    await expect(outcomeOf(() => 7 as unknown as Promise<number>, 'resolveKek')).rejects.toThrow(
      'resolveKek expected to give a promise',
    )
  })

  test('for values, of which bytes and objects are named and not shown', () => {
    expect(() => {
      expectEqual('a', 'b', 'kek.id')
    }).toThrow('"kek.id" expected "b", got "a"')
    expect(
      [new Uint8Array(3), {}, [], null, 7, new UnknownKeyError({ provider: 'test', operation: 'decryptEdek' })].map(
        describeValue,
      ),
    ).toEqual(['3 bytes', 'a value of type object', 'an array', 'null', '7', 'KMS_UNKNOWN_KEY'])
  })
})

test('the right failure is given back, to be looked at further', async () => {
  expect(await expectKmsError(() => Promise.reject(denied), ['KMS_ACCESS_DENIED'], 'resolveKek')).toBe(denied)
})

test('a promise that does not end breaks the clause after the time that it has', async () => {
  await expect(within(5, new Promise(() => undefined), 'close')).rejects.toThrow('close expected to end within 5 ms')
  expect(await within(1_000, Promise.resolve('done'), 'close')).toBe('done')
})

test('bytes are the same or not, whatever holds them', () => {
  expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(0, 1, 2).subarray(1))).toBe(true)
  expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false)
})

describe('work in parallel', () => {
  test('runs no more than its limit at a time, and everything', async () => {
    let [running, most, done] = [0, 0, 0]
    await inParallel(Array(20).keys(), 4, async () => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      done++
    })
    expect([most, done]).toEqual([4, 20])
  })

  test('stops at the first failure and rejects with it', async () => {
    let started = 0
    const work = inParallel(Array(100).keys(), 2, async (i) => {
      started++
      await Promise.resolve()
      if (i === 3) throw new ClauseError('three')
    })
    await expect(work).rejects.toThrow('three')
    expect(started).toBeLessThan(10)
  })
})
