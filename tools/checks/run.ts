// Checks the rules about sources: `node tools/checks/run.ts [rule or group …]`. The targets check-… of Nx are one group each.
import path from 'node:path'

import { Report } from '@keyfold/kit/report'
import { readWorkspace } from '@keyfold/kit/workspace'

import { rules } from './rules/index.ts'

const only = process.argv.slice(2)
const workspace = readWorkspace(path.resolve(import.meta.dirname, '../..'))
const report = new Report(console.log)
const chosen = rules.filter(({ name, reads }) => only.length === 0 || only.includes(name) || only.includes(reads ?? ''))
if (chosen.length === 0) throw new Error(`there is no rule or group ${only.join(', ')} in tools/checks/rules`)
for (const { name, promise, workspace: judge } of chosen)
  if (judge !== undefined) await report.check(`${name}: ${promise}`, () => judge(workspace))
report.write(import.meta.dirname, `check-${only.join('-')}`)
process.exitCode = report.exitCode
