import { describe, expect, it } from 'vitest'

import { pickSample, placeOf } from '../src/mutant-list.ts'

const mutants = Array.from({ length: 1_000 }, (_, i) => ({ name: `file.ts Mutator line ${i}` }))
const names = (sample: readonly { readonly name: string }[]): string[] => sample.map(({ name }) => name).sort()

describe('a sample of mutants', () => {
  it('is the same for one seed, in whatever order the mutants come, and another for another', () => {
    const sample = names(pickSample(mutants, 40, '1'))
    expect(new Set(sample).size).toBe(40)
    expect(names(pickSample(mutants.toReversed(), 40, '1'))).toEqual(sample)
    expect(names(pickSample(mutants, 40, '2'))).not.toEqual(sample)
  })

  it('changes only where the sources changed', () => {
    const before = new Set(names(pickSample(mutants, 100, '1')))
    const after = names(pickSample([...mutants.slice(10), { name: 'file.ts Mutator new 1' }], 100, '1'))
    expect(after.filter((name) => !before.has(name)).length).toBeLessThanOrEqual(11)
  })

  it('is all there is where more is wanted', () => {
    expect(pickSample(mutants.slice(0, 5), 40, '1')).toHaveLength(5)
  })
})

describe('the place of a mutant', () => {
  const location = { start: { line: 1, column: 2 }, end: { line: 1, column: 9 } }

  it('is told from others by file, position, mutator and replacement, wherever the repository lies', () => {
    const at = (root: string, replacement: string): string =>
      placeOf(root, { fileName: `${root}/packages/a.ts`, mutatorName: 'Boolean', replacement, location })
    expect(at('/one', 'true')).toBe(at('/two', 'true'))
    expect(at('/one', 'true')).not.toBe(at('/one', 'false'))
    expect(at('/one', 'true')).toBe('packages/a.ts 1 2 1 9 Boolean true')
  })
})
