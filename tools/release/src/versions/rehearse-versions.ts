import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Report } from '@keyfold/kit/report'
import type { ScratchRepository } from '@keyfold/kit/scratch-repository'
import { readWorkspace, type Workspace } from '@keyfold/kit/workspace'

import { rule as exactPins } from '../../../checks/rules/exact-pins.ts'
import { changesBetween, versionsOf } from './versions-of.ts'

const API = '@keyfold/kms-api'

/** How much a release may change. Below 1.0.0, `minor` is what breaks. */
type Bump = 'patch' | 'minor' | 'major'

/** Tries releases of each kind on a repository that has had its first, and undoes each: changesets has to release what is named, and what is named only. */
export async function rehearseVersions(report: Report, scratch: ScratchRepository): Promise<void> {
  const workspace = readWorkspace(scratch.root)
  const everything = [API, ...dependantsOf(workspace)]
  const attempt = async (promise: string, bumps: Readonly<Record<string, Bump>>, released: readonly string[]) => {
    await report.check(promise, async () => {
      const before = versionsOf(readWorkspace(scratch.root))
      await applyRelease(scratch, bumps)
      const after = readWorkspace(scratch.root)
      const changes = changesBetween(before, versionsOf(after))
      await scratch.undo()
      const names = changes.map((change) => change.split(' ')[0] ?? '').sort()
      const wanted = released.toSorted()
      const violations = await exactPins.workspace?.(after)
      return [
        ...(names.join() === wanted.join()
          ? []
          : [`expected a release of ${wanted.join(', ')}, got ${changes.join(', ')}`]),
        ...(violations ?? ['the rule about ranges is gone']),
      ]
    })
  }
  for (const { manifest } of workspace.published.filter(({ manifest }) => manifest.nx?.tags?.[0] === 'type:provider'))
    await attempt(`a patch to ${manifest.name} releases nothing else`, { [manifest.name]: 'patch' }, [manifest.name])
  await attempt('a patch to the contract releases nothing else', { [API]: 'patch' }, [API])
  await attempt(
    'below 1.0, a contract change that breaks (minor) releases all that is installed with it',
    { [API]: 'minor' },
    everything,
  )
  await applyRelease(scratch, Object.fromEntries(workspace.published.map(({ manifest }) => [manifest.name, 'major'])))
  await scratch.commit('Everything at 1.0')
  await attempt('from 1.0 on, a new feature of the contract (minor) releases nothing else', { [API]: 'minor' }, [API])
  await attempt(
    'from 1.0 on, a contract change that breaks (major) releases all that is installed with it',
    { [API]: 'major' },
    everything,
  )
  await scratch.run('git', 'reset', '--quiet', '--hard', 'HEAD~1')
}

/** Adds a changeset and has changesets apply it. */
export async function applyRelease(scratch: ScratchRepository, bumps: Readonly<Record<string, Bump>>): Promise<void> {
  const lines = Object.entries(bumps).map(([name, bump]) => `"${name}": ${bump}`)
  const text = `---\n${lines.join('\n')}\n---\n\nA rehearsal.\n`
  await writeFile(path.join(scratch.root, '.changeset', 'rehearsal.md'), text)
  await scratch.run('changeset', 'version')
}

function dependantsOf(workspace: Workspace): readonly string[] {
  return workspace.published
    .filter(({ manifest }) => ({ ...manifest.dependencies, ...manifest.peerDependencies })[API] !== undefined)
    .map(({ manifest }) => manifest.name)
}
