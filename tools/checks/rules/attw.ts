import type { Rule } from '../lib/rule.ts'
import { binOf, runTool } from '../lib/run-tool.ts'

export const rule: Rule = {
  name: 'attw',
  promise: 'types and code of the tarball resolve to each other for ESM importers and bundlers',
  tarball: async (packed) => {
    const args = [packed.tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii']
    const { status, stdout, stderr } = await runTool(binOf(packed.root, 'attw'), args, packed.folder)
    return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
  },
}
