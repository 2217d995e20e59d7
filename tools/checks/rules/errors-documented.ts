import { errorCodesOf } from '../lib/error-codes.ts'
import { sectionsOf } from '../lib/markdown.ts'
import type { Rule } from '../lib/rule.ts'

const PAGE = 'docs/errors.md'
const LINES = ['Means', 'Do', 'Retryable']

export const rule: Rule = {
  name: 'errors-documented',
  reads: 'docs',
  promise: `every error code has a heading of its own in ${PAGE} that says what it means, what to do, and whether the class calls it retryable`,
  workspace: (workspace) => {
    const [page] = workspace.files(/^docs\/errors\.md$/)
    if (page === undefined) return [`${PAGE} is missing`]
    const sections = sectionsOf(page.text)
    const codes = errorCodesOf(workspace)
    const missing = codes.flatMap(({ code, place, retryable }) => {
      const found = sections.filter(({ heading }) => heading === `\`${code}\``)
      const [section] = found
      if (section === undefined || found.length > 1)
        return [`${place} declares ${code}, which expected one heading in ${PAGE}, got ${found.length}`]
      const said = new Map(
        [...section.text.matchAll(/^\*\*(\w+):\*\*\s+(\S.*)$/gm)].map((match) => [match[1], match[2] ?? '']),
      )
      const gaps = LINES.filter((line) => !said.has(line)).map(
        (line) => `${PAGE}:${section.line} ${code} expected a line "**${line}:** …"`,
      )
      const retry = said.get('Retryable')
      const wrong = retry !== undefined && retryable !== undefined && /^yes\b/.test(retry) !== retryable
      return wrong
        ? [...gaps, `${PAGE}:${section.line} ${code} says "Retryable: ${retry}", its class says ${retryable}`]
        : gaps
    })
    const known = new Set(codes.map(({ code }) => `\`${code}\``))
    const stale = sections
      .filter(({ heading }) => heading.startsWith('`') && !known.has(heading))
      .map(({ heading, line }) => `${PAGE}:${line} describes ${heading}, which nothing declares`)
    return [...missing, ...stale]
  },
}
