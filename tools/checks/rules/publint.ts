import type { Rule } from '../lib/rule.ts'
import { binOf, runTool } from '../lib/run-tool.ts'

export const rule: Rule = {
  name: 'publint',
  promise: 'publint --strict finds nothing in the tarball',
  tarball: async (packed) => {
    const { status, stdout, stderr } = await runTool(
      binOf(packed.root, 'publint'),
      ['run', packed.tarball, '--strict'],
      packed.folder,
    )
    return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
  },
}
