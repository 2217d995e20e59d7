import { binOf, run } from '@keyfold/kit/run'

import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'attw',
  promise: 'types and code of the tarball resolve to each other for ESM importers and bundlers',
  tarball: async (packed) => {
    const args = [packed.tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii']
    const { status, stdout, stderr } = await run(binOf(packed.root, 'attw'), args, { cwd: packed.folder })
    return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
  },
}
