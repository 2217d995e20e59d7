import { expect, test } from 'vitest'

import { seededBytes, seededRandom } from '../../src/clause/random.ts'

test('the same seed gives the same numbers, another gives others', () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed)
    return Array.from({ length: 5 }, random)
  }
  expect(numbers(1)).toEqual(numbers(1))
  expect(numbers(1)).not.toEqual(numbers(2))
})

test('bytes take every value', () => {
  expect(new Set(seededBytes(seededRandom(3), 10_000)).size).toBe(256)
})
