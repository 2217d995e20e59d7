import type { Rule } from '../lib/rule.ts'
import { binOf, runTool } from '../lib/run-tool.ts'

export const rule: Rule = {
  name: 'knip',
  promise: 'no file, export or dependency is unused, and none is missing',
  workspace: async ({ root }) => {
    const { status, stdout, stderr } = await runTool(
      binOf(root, 'knip'),
      ['--no-progress', '--treat-config-hints-as-errors'],
      root,
    )
    return status === 0 ? [] : `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '')
  },
}
