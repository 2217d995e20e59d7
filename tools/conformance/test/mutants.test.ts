import { afterAll, describe, expect, test } from 'vitest'

import { clauses, runClause } from '@keyfold/kms-test-support'

import { inMemoryFacade } from '../src/in-memory/in-memory-facade.ts'
import { fateOf } from '../src/mutants/fate.ts'
import { mutants } from '../src/mutants/index.ts'

const clauseOf = (id: string) => {
  const found = clauses.find((clause) => clause.id === id)
  if (found === undefined) throw new TypeError(`"clause" expected one of the suite, got ${id}`)
  return found
}

describe('every broken provider is caught by the clause that is meant for it', () => {
  const rows: string[] = []
  afterAll(() => {
    console.log(`${rows.sort().join('\n')}\n${rows.length} broken providers`)
  })

  for (const mutant of mutants) {
    test(`a KMS that ${mutant.name} breaks ${mutant.clause}`, async () => {
      const fate = await fateOf(clauseOf(mutant.clause), mutant)
      rows.push(`${mutant.clause}  ${fate === 'broken' ? 'caught' : fate}  ${mutant.name}`)
      // A clause that could not begin would be an accident, which may not happen with the next provider.
      expect(fate).toBe('broken')
    })
  }
})

test('the right provider keeps every clause that a broken one breaks', async () => {
  for (const id of new Set(mutants.map(({ clause }) => clause))) await runClause(clauseOf(id), inMemoryFacade())
}, 120_000)

test('every clause has a broken provider that it catches', () => {
  const meant = new Set(mutants.map(({ clause }) => clause))
  expect(clauses.map(({ id }) => id).filter((id) => !meant.has(id))).toEqual([])
})

test('no two clauses have the same id, and ids count up', () => {
  expect(clauses.map(({ id }) => id)).toEqual(clauses.map((_, i) => `C${String(i + 1).padStart(2, '0')}`))
})
