import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { readWorkspace, type Workspace } from '../../../checks/lib/workspace.ts'
import { rule as exactPins } from '../../../checks/rules/exact-pins.ts'
import type { Report } from '../report.ts'
import type { ScratchRepository } from '../repository/scratch-repository.ts'
import { expectedVersions } from './expected-versions.ts'
import type { Bump } from './semantic-version.ts'
import { changesBetween, versionsOf } from './versions-of.ts'

const API = '@keyfold/kms-api'

/** Tries releases of each kind on a repository that has had its first, and undoes each. */
export async function rehearseVersions(report: Report, scratch: ScratchRepository): Promise<void> {
  const workspace = readWorkspace(scratch.root)
  const providers = workspace.published
    .filter(({ manifest }) => manifest.nx?.tags?.includes('type:provider') === true)
    .map(({ manifest }) => manifest.name)
  for (const provider of providers)
    await tryRelease(report, scratch, `a patch to ${provider} bumps nothing else`, { [provider]: 'patch' }, [provider])
  await tryRelease(report, scratch, 'a patch to the contract bumps nothing else', { [API]: 'patch' }, [API])
  await tryRelease(
    report,
    scratch,
    'below 1.0, a breaking contract change (minor) bumps every package that is installed with it',
    { [API]: 'minor' },
    [API, ...dependants(workspace)],
  )

  await applyRelease(scratch, Object.fromEntries(workspace.published.map(({ manifest }) => [manifest.name, 'major'])))
  await scratch.commit('Everything at 1.0')
  await tryRelease(
    report,
    scratch,
    'from 1.0 on, a new feature of the contract (minor) bumps nothing else',
    { [API]: 'minor' },
    [API],
  )
  await tryRelease(
    report,
    scratch,
    'from 1.0 on, a breaking contract change (major) bumps every package that is installed with it',
    { [API]: 'major' },
    [API, ...dependants(workspace)],
  )
  await scratch.run('git', 'reset', '--quiet', '--hard', 'HEAD~1')
}

/** Adds a changeset and has changesets work it in. */
export async function applyRelease(scratch: ScratchRepository, bumps: Readonly<Record<string, Bump>>): Promise<void> {
  const lines = Object.entries(bumps).map(([name, bump]) => `"${name}": ${bump}`)
  await writeFile(
    path.join(scratch.root, '.changeset', 'rehearsal.md'),
    `---\n${lines.join('\n')}\n---\n\nA rehearsal.\n`,
  )
  await scratch.run('changeset', 'version')
}

async function tryRelease(
  report: Report,
  scratch: ScratchRepository,
  promise: string,
  bumps: Readonly<Record<string, Bump>>,
  touched: readonly string[],
): Promise<void> {
  await report.check(promise, async () => {
    const before = readWorkspace(scratch.root)
    await applyRelease(scratch, bumps)
    const after = readWorkspace(scratch.root)
    const changes = changesBetween(versionsOf(before), versionsOf(after))
    await scratch.undo()
    for (const change of changes) report.say(`      ${change}`)
    const wanted = changesBetween(
      versionsOf(before),
      expectedVersions(
        before.published.map(({ manifest }) => manifest),
        bumps,
      ),
    )
    const names = changes.map((change) => change.split(' ')[0] ?? '').sort()
    return [
      ...(changes.join('\n') === wanted.join('\n') ? [] : [`expected ${wanted.join(', ')}, got ${changes.join(', ')}`]),
      ...(names.join() === [...touched].sort().join()
        ? []
        : [`expected a release of ${[...touched].sort().join(', ')}`]),
      ...((await exactPins.workspace?.(after)) ?? ['the rule about ranges is gone']),
    ]
  })
}

function dependants(workspace: Workspace): readonly string[] {
  return workspace.published
    .filter(
      ({ manifest }) => manifest.dependencies?.[API] !== undefined || manifest.peerDependencies?.[API] !== undefined,
    )
    .map(({ manifest }) => manifest.name)
}
