import { writeFileSync } from 'node:fs'
import path from 'node:path'

import { assignabilityFixture } from '../lib/assignability-fixture.ts'
import { diagnose } from '../lib/diagnose.ts'
import { withPackedPackage } from '../lib/packed-package.ts'
import type { Rule } from '../lib/rule.ts'
import { withTemporaryFolder } from '../lib/temporary-folder.ts'
import { installCopies } from '../lib/two-copies.ts'

const API = '@keyfold/kms-api'

export const rule: Rule = {
  name: 'assignable-copies',
  promise: 'types stay assignable between two installed copies of kms-api, with and without skipLibCheck',
  workspace: async (workspace) => {
    const api = workspace.published.find(({ manifest }) => manifest.name === API)
    if (api === undefined) return [`${API} is missing`]
    return withPackedPackage(workspace.root, path.join(workspace.root, api.folder), (packed) =>
      withTemporaryFolder(async (folder) => {
        installCopies(packed, folder)
        const entry = path.join(folder, 'first', 'node_modules', API, 'dist', 'index.d.ts')
        const fixture = assignabilityFixture(entry)
        if (fixture.count === 0) return [`${API} expected to export types from its root entry`]
        const main = path.join(folder, 'main.ts')
        writeFileSync(main, fixture.text)
        return [true, false].flatMap((skipLibCheck) => diagnose(main, { skipLibCheck }).map((line) => `skipLibCheck ${skipLibCheck}: ${line}`))
      }),
    )
  },
}
