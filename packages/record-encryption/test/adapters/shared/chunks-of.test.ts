import { expect, it } from 'vitest'

import { chunksOf } from '../../../src/adapters/shared/chunks-of.ts'

const MIB = 2 ** 20
it.each([
  ['nothing', [], []],
  ['at most 512 records', Array.from({ length: 1025 }, () => 1), [512, 512, 1]],
  ['at most 1 MiB', [MIB / 2, MIB / 2, 1, MIB], [2, 1, 1]],
  ['a record larger than that on its own', [1, 3 * MIB, 1], [1, 1, 1]],
])('cuts a fetch into runs of %s', (_, sizes, lengths) => {
  const chunks = [...chunksOf(sizes, (size) => size)]
  expect(chunks.map(({ length }) => length)).toEqual(lengths)
  expect(chunks.flat()).toEqual(sizes)
})
