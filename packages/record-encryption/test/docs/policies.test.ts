import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import ts from 'typescript'
import { describe, expect, it } from 'vitest'

import { repositoryOptions } from './check-types.ts'
import { POLICY_PAGES, policyComments, withPolicyTables } from './policy-tables.ts'

const TYPES = fileURLToPath(new URL('../../src/types.ts', import.meta.url))

describe('the table of policies', () => {
  it('has a comment for every policy', () => {
    const comments = policyComments()
    expect(Object.keys(comments)).toEqual(['bindingPolicies', 'topicPolicies', 'dekLimits', 'instancePolicies'])
    for (const [table, entries] of Object.entries(comments))
      for (const [name, comment] of Object.entries(entries)) expect(comment, `${table}.${name}`).toMatch(/^\S.{10,}/)
  })

  it.each(POLICY_PAGES)('is what %s shows; write-policies.ts writes it', (page) => {
    const text = readFileSync(new URL(`../../../../${page}`, import.meta.url), 'utf8')
    expect(text.match(/<!-- policies: /g)).toHaveLength(2)
    expect(text).toBe(withPolicyTables(page))
    expect(text).toContain('| `binding.read` | `verify-if-present`, `off`, `require` |')
  })

  it('gives editors the members of the public types with their comments and values', () => {
    const program = ts.createProgram([TYPES], repositoryOptions())
    const checker = program.getTypeChecker()
    const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(TYPES)!)!)
    const shown = (typeName: string): Record<string, string> => {
      const symbol = exports.find(({ name }) => name === typeName)!
      return Object.fromEntries(
        checker
          .getDeclaredTypeOfSymbol(symbol)
          .getProperties()
          .map((member) => [
            member.name,
            `${checker.typeToString(checker.getTypeOfSymbol(member))} // ${ts.displayPartsToString(member.getDocumentationComment(checker))}`,
          ]),
      )
    }
    const { topicPolicies, bindingPolicies, dekLimits, instancePolicies } = policyComments()
    for (const [type, comments] of [
      ['TopicPolicies', topicPolicies],
      ['BindingOptions', bindingPolicies],
      ['DekLimits', dekLimits],
      ['InstancePolicies', instancePolicies],
    ] as const) {
      const members = shown(type)
      expect(Object.keys(members)).toEqual(Object.keys(comments!))
      for (const [name, comment] of Object.entries(comments!))
        expect(members[name]).toContain(`// ${comment.replace(/\s*@see .*/, '')}`)
    }
    expect(shown('TopicPolicies')['nested']).toMatch(/^"reject" \| "allow" \| undefined \/\/ /)
    expect(shown('DekLimits')['records']).toMatch(/^number \| undefined \/\/ /)
    expect(shown('EncryptionPolicies')).toHaveProperty('topicMapping')
  }, 120_000)
})
