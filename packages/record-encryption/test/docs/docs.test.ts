import * as buffer from 'node:buffer'

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import * as inMemory from '@keyfold/kms-inmemory'

import { describeTopic, encryptionConfigSchema } from '../../src/config/index.ts'
import type { EncryptionPolicies } from '../../src/index.ts'
import * as recordEncryption from '../../src/index.ts'
import { blocksOf, promisedBy, run, type Block } from './blocks.ts'
import { PAGES } from './pages.ts'

const MODULES = {
  'node:buffer': buffer,
  '@keyfold/kms-inmemory': inMemory,
  '@keyfold/record-encryption': recordEncryption,
}

/** The section `encryption` of the files that a page shows. */
const configurations = PAGES.flatMap((page) => blocksOf(page, 'yaml'))
  .filter(({ text }) => /^encryption:/m.test(text))
  .map(({ at, text }) => ({ at, encryption: (parse(text) as { readonly encryption: unknown }).encryption }))
/** Whole programs that print something; the others are compiled. */
const programs = PAGES.flatMap((page) => blocksOf(page, 'ts')).filter(
  ({ text }) => text.includes("'@keyfold/kms-inmemory'") && text.includes('console.log('),
)

describe('configurations that the documentation shows', () => {
  it('are found', () => {
    expect(configurations.length).toBeGreaterThanOrEqual(8)
  })

  it.each(configurations)('$at is accepted, and its rules are complete', ({ encryption }) => {
    const policies = encryptionConfigSchema.parse(encryption) as EncryptionPolicies
    expect(() => describeTopic(policies, 'payments')).not.toThrow()
  })

  it('would not be accepted with a word misspelt', () => {
    expect(
      encryptionConfigSchema.safeParse(parse('topics: [{ match: a, kek: b, bindings: { read: "off" } }]')).success,
    ).toBe(false)
    expect(
      encryptionConfigSchema.safeParse(parse('topics: [{ match: a, kek: b, binding: { read: required } }]')).success,
    ).toBe(false)
  })
})

describe('programs that the documentation shows', () => {
  it('are found, and say what they print', () => {
    expect(programs.length).toBeGreaterThanOrEqual(5)
    expect(programs.filter((program) => promisedBy(program).length === 0)).toEqual([])
  })

  it.each(programs)('$at prints what its comments say', async (program: Block) => {
    expect(await run(program, MODULES)).toEqual(promisedBy(program))
  })
})
