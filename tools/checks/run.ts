// Judges every rule that looks at the sources: `nx run @keyfold/checks:check`, or `node tools/checks/run.ts [rule …]`.
import path from 'node:path'

import { report } from './lib/report.ts'
import { readWorkspace } from './lib/workspace.ts'
import { rules } from './rules/index.ts'

const only = process.argv.slice(2)
const workspace = readWorkspace(path.resolve(import.meta.dirname, '../..'))
const judgements = rules.flatMap((rule) => {
  const judge = rule.workspace
  return judge === undefined || (only.length > 0 && !only.includes(rule.name))
    ? []
    : [{ rule, judge: () => judge(workspace) }]
})
if (judgements.length === 0)
  throw new Error(`"rule" expected names of rules in tools/checks/rules, got ${only.join(', ')}`)
const failed = await report(judgements, 'check', import.meta.dirname, console.log)
process.exitCode = failed === 0 ? 0 : 1
