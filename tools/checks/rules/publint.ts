import { binOf, run } from '@keyfold/kit/run'

import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'publint',
  promise: 'publint --strict finds nothing in the tarball',
  tarball: async (packed) => {
    const { status, stdout, stderr } = await run(binOf(packed.root, 'publint'), ['run', packed.tarball, '--strict'], {
      cwd: packed.folder,
    })
    return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
  },
}
