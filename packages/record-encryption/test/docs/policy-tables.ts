import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path/posix'

import ts from 'typescript'

import { bindingPolicies, dekLimits, instancePolicies, topicPolicies } from '../../src/policies/policies.ts'
import type { PolicyTable } from '../../src/policies/policy.ts'

const ROOT = new URL('../../../../', import.meta.url)
const SOURCE = new URL('../../src/policies/policies.ts', import.meta.url)

/** Pages that show the tables, between `<!-- policies: NAME -->` and `<!-- /policies -->`. */
export const POLICY_PAGES = ['docs/guides/topic-rules.md', 'packages/record-encryption/README.md'] as const

const TABLES: Readonly<Record<string, PolicyTable>> = { topicPolicies, bindingPolicies, instancePolicies, dekLimits }
/** Tables that are members of others. */
const MEMBERS: Readonly<Record<string, string>> = { binding: 'bindingPolicies', limits: 'dekLimits' }

/** The comment above each entry of each table. */
export function policyComments(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const text = readFileSync(SOURCE, 'utf8')
  const file = ts.createSourceFile('policies.ts', text, ts.ScriptTarget.Latest, true)
  const comments: Record<string, Record<string, string>> = {}
  file.forEachChild((statement) => {
    if (!ts.isVariableStatement(statement)) return
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isObjectLiteralExpression(initializer)) continue
      comments[name.getText()] = Object.fromEntries(
        initializer.properties.map((entry) => [entry.name?.getText() ?? '', commentOf(entry, text)]),
      )
    }
  })
  return comments
}

function commentOf(node: ts.Node, text: string): string {
  const [range] = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
  const comment = range === undefined ? '' : text.slice(range.pos, range.end)
  return comment.replace(/^\/\*\*\s*|\s*\*\/$/g, '').replace(/\n\s*\* ?/g, ' ')
}

/** A page with its tables written anew. */
export function withPolicyTables(page: string): string {
  const text = readFileSync(new URL(page, ROOT), 'utf8')
  return text.replace(
    /(<!-- policies: (\w+) -->\n)[^]*?(<!-- \/policies -->)/g,
    (_, start: string, name: string, end: string) => {
      const rows = rowsOf(name, '', page)
      return `${start}\n${['| policy | values, default first | |', '|---|---|---|', ...rows].join('\n')}\n\n${end}`
    },
  )
}

function rowsOf(table: string, prefix: string, page: string): string[] {
  const comments = policyComments()[table] ?? {}
  return Object.entries(TABLES[table] ?? {}).flatMap(([name, policy]) => {
    const members = MEMBERS[name]
    if (policy.kind === 'group') return members === undefined ? [] : rowsOf(members, `${prefix}${name}.`, page)
    const means = (comments[name] ?? '').replace(
      /\s*@see (\S+)/g,
      (_, target: string) => ` See [${titleOf(target)}](${relative(dirname(page), target)}).`,
    )
    return [`| \`${prefix}${name}\` | ${policy.shown} | ${means} |`]
  })
}

function titleOf(target: string): string {
  return target.replace(/^.*\/|\.md$/g, '').replaceAll('-', ' ')
}
