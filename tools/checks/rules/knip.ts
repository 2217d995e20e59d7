import { binOf, run } from '@keyfold/kit/run'

import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'knip',
  reads: 'dependencies',
  promise: 'no file, export or dependency is unused, and none is missing',
  workspace: async ({ root }) => {
    const { status, stdout, stderr } = await run(
      binOf(root, 'knip'),
      ['--no-progress', '--treat-config-hints-as-errors'],
      { cwd: root },
    )
    return status === 0 ? [] : `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '')
  },
}
