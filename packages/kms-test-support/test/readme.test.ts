import { readFile } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { faultTable } from '../src/faults/index.ts'
import { clauses } from '../src/index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  test('lists every clause as it is, in order', () => {
    const listed = [...readme.matchAll(/^- `(C\d{2,})` (.+)$/gm)].map(([, id, title]) => ({ id, title }))
    expect(listed).toEqual(clauses.map(({ id, title }) => ({ id, title })))
  })

  test('says how many faults there are', () => {
    expect(readme).toContain(`: ${faultTable.length} faults, each with`)
  })
})
