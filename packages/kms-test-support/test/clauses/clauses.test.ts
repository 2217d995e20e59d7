import { describe, expect, test } from 'vitest'

import { clauses, clauseTitle, themes, type KmsManifest } from '../../src/index.ts'

const able: KmsManifest = { wrapping: 'authenticated', cannot: {} }

test('there are at least 47 clauses, numbered from C01 without a gap, each in one theme', () => {
  expect(clauses.length).toBeGreaterThanOrEqual(47)
  expect(clauses.map(({ id }) => id)).toEqual(clauses.map((_, i) => `C${String(i + 1).padStart(2, '0')}`))
  expect(Object.values(themes).flat()).toHaveLength(clauses.length)
})

test('each title says what holds and what a user would lose', () => {
  for (const { title } of clauses) expect(title).toMatch(/^[^;]+; otherwise [^;]+$/)
  expect(new Set(clauses.map(({ title }) => title)).size).toBe(clauses.length)
})

describe('a declared inability', () => {
  test('stands in the title of the clauses that it touches, with its reason', () => {
    const manifest: KmsManifest = { ...able, cannot: { rotation: 'keys are burnt in' } }
    const touched = clauses.map((clause) => clauseTitle(clause, manifest)).filter((title) => title.includes('[cannot'))
    expect(touched.length).toBeGreaterThan(0)
    for (const title of touched) expect(title).toMatch(/ \[cannot rotation: keys are burnt in\]$/)
    for (const clause of clauses) expect(clauseTitle(clause, able)).toBe(`${clause.id} ${clause.title}`)
  })

  test('has a check of what it implies, so that no clause is skipped', () => {
    for (const clause of clauses)
      expect(typeof clause.cannot).toBe(clause.needs === undefined ? 'undefined' : 'function')
  })
})
