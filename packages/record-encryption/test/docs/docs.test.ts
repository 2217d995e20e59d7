import * as buffer from 'node:buffer'

import * as inMemory from '@keyfold/kms-inmemory'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { describeTopic, encryptionConfigSchema } from '../../src/config/index.ts'
import type { EncryptionPolicies } from '../../src/index.ts'
import * as recordEncryption from '../../src/index.ts'
import { type Block, blocksOf, promisedBy, run } from './blocks.ts'

const PAGES = [
  'README.md',
  'docs/threat-model.md',
  'docs/guides/topic-rules.md',
  'docs/guides/rotation.md',
  'docs/guides/moving-topics.md',
  'docs/guides/migration.md',
  'packages/record-encryption/README.md',
  'packages/cli/README.md',
]
const MODULES = { 'node:buffer': buffer, '@keyfold/kms-inmemory': inMemory, '@keyfold/record-encryption': recordEncryption }

/** The section `encryption` of the files that a page shows. */
const configurations = PAGES.flatMap((page) => blocksOf(page, 'yaml')).flatMap(({ at, text }) => {
  const { encryption } = parse(text) as { readonly encryption?: unknown }
  return encryption === undefined ? [] : [{ at, encryption }]
})
/** Whole programs; those of other packages are theirs to try. */
const programs = PAGES.flatMap((page) => blocksOf(page, 'ts')).filter(({ text }) => text.includes("'@keyfold/record-encryption'"))

describe('configurations that the documentation shows', () => {
  it('are found', () => {
    expect(configurations.length).toBeGreaterThanOrEqual(8)
  })

  it.each(configurations)('$at is accepted, and its rules are complete', ({ encryption }) => {
    const policies = encryptionConfigSchema.parse(encryption) as EncryptionPolicies
    expect(() => describeTopic(policies, 'payments')).not.toThrow()
  })

  it('would not be accepted with a word misspelt', () => {
    expect(encryptionConfigSchema.safeParse(parse('topics: [{ match: a, kek: b, bindings: { read: "off" } }]')).success).toBe(false)
    expect(encryptionConfigSchema.safeParse(parse('topics: [{ match: a, kek: b, binding: { read: required } }]')).success).toBe(false)
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
