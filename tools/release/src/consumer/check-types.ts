import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'

import { diagnose } from '@keyfold/kit/diagnose'

import type { EmptyProject } from './empty-project.ts'

/** Compiles modules of a project under strict settings, with and without `skipLibCheck`, and gives the errors. */
export async function checkTypes(
  project: EmptyProject,
  root: string,
  files: readonly string[],
): Promise<readonly string[]> {
  // The types of Node are every TypeScript project's own affair.
  const types = path.join(project.folder, 'node_modules', '@types')
  await mkdir(types, { recursive: true })
  if (!existsSync(path.join(types, 'node')))
    await symlink(path.join(root, 'node_modules', '@types', 'node'), path.join(types, 'node'), 'dir')
  return [true, false].flatMap((skipLibCheck) =>
    diagnose(files, { skipLibCheck }).map((line) => `skipLibCheck ${skipLibCheck}: ${line.slice(0, 400)}`),
  )
}

/** Writes an ESM and a CommonJS module that take the types of each entry. */
export async function typesOfEntries(project: EmptyProject, entries: readonly string[]): Promise<readonly string[]> {
  const esm = entries.flatMap((entry, at) => [
    `import * as entry${at} from '${entry}'`,
    `export type Entry${at} = typeof entry${at}`,
  ])
  const cjs = entries.flatMap((entry, at) => [
    `import entry${at} = require('${entry}')`,
    `export type Entry${at} = typeof entry${at}`,
  ])
  return [
    await project.write('types-of-entries.mts', `${esm.join('\n')}\n`),
    await project.write('types-of-entries.cts', `${cjs.join('\n')}\n`),
  ]
}
