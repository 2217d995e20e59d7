import { writeFileSync } from 'node:fs'
import path from 'node:path'

import { diagnose } from '@keyfold/kit/diagnose'
import { withPackedPackage, type PackedPackage } from '@keyfold/kit/packed-package'
import { withTemporaryFolder } from '@keyfold/kit/temporary-folder'

import { assignabilityFixture } from '../lib/assignability-fixture.ts'
import type { Rule } from '../lib/rule.ts'
import { installCopies } from '../lib/two-copies.ts'

const API = '@keyfold/kms-api'
/** Tools that an author uses inside one package and never hands to another: their classes may have private fields. */
const KITS = new Set(['./bytes', './provider-kit'])

export const rule: Rule = {
  name: 'assignable-copies',
  reads: 'code',
  promise: 'types stay assignable between two installed copies of kms-api, with and without skipLibCheck',
  workspace: async (workspace) => {
    const api = workspace.published.find(({ manifest }) => manifest.name === API)
    if (api === undefined) return [`${API} is missing`]
    return withPackedPackage(workspace.root, path.join(workspace.root, api.folder), (packed) =>
      withTemporaryFolder('copies', (folder) => compare(packed, folder)),
    )
  },
}

async function compare(packed: PackedPackage, folder: string): Promise<readonly string[]> {
  const fixtures = installCopies(packed, folder)
    .filter(({ entry }) => !KITS.has(entry))
    .map(({ entry, declarations, first, second }) => ({ entry, ...assignabilityFixture(declarations, first, second) }))
  const vacuous = fixtures
    .filter(({ entry, types }) => entry === '.' && types === 0)
    .map(({ entry }) => `entry "${entry}" expected to export types`)
  const files = fixtures.map(({ text }, index) => {
    const file = path.join(folder, `compare-${index}.ts`)
    writeFileSync(file, text)
    return file
  })
  return [
    ...vacuous,
    ...[true, false].flatMap((skipLibCheck) =>
      diagnose(files, { skipLibCheck }).map((line) => `skipLibCheck ${skipLibCheck}: ${line}`),
    ),
  ]
}
