import { existsSync } from 'node:fs'
import path from 'node:path'

import type { PackedPackage } from '@keyfold/kit/packed-package'
import { Report } from '@keyfold/kit/report'
import { mustRun } from '@keyfold/kit/run'
import { withScratchRepository, type ScratchRepository } from '@keyfold/kit/scratch-repository'
import { withTemporaryFolder } from '@keyfold/kit/temporary-folder'
import { readWorkspace, type Workspace } from '@keyfold/kit/workspace'

import { installAlone, type Bench, type NodeProgram, type Weight } from './consumer/install-alone.ts'
import { installedTool } from './registry/installed-tool.ts'
import { withLocalRegistry, type LocalRegistry } from './registry/local-registry.ts'
import { publishedPackage } from './registry/published-package.ts'
import { checkTarball } from './tarballs/check-tarball.ts'
import { tryTwoCopies } from './two-copies/two-copies.ts'
import { applyRelease, rehearseVersions } from './versions/rehearse-versions.ts'
import { changesBetween, versionsOf, type Versions } from './versions/versions-of.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Rehearses a release from changesets to installations. @returns the exit code. */
export function rehearse(say: (line: string) => void): Promise<number> {
  const report = new Report(say)
  return report.run(() =>
    withScratchRepository(ROOT, (scratch) => withLocalRegistry(ROOT, (registry) => release(report, scratch, registry))),
  )
}

async function release(report: Report, scratch: ScratchRepository, registry: LocalRegistry): Promise<void> {
  report.say('\nVersions')
  const before = readWorkspace(scratch.root)
  await report.check('every package that was never released is named by a changeset', () => unnamed(before))
  await report.step(
    'the changesets of the repository make versions and changelogs, and npm takes the lockfile that npm run version-packages leaves',
    async () => {
      await scratch.run('npm', 'run', 'version-packages')
      await scratch.run('npm', 'ci', '--dry-run', '--ignore-scripts', '--prefer-offline')
    },
  )
  const workspace = readWorkspace(scratch.root)
  const first = versionsOf(workspace)
  for (const change of changesBetween(versionsOf(before), first)) report.say(`      ${change}`)
  await scratch.commit('Release')
  await rehearseVersions(report, scratch)

  report.say('\nPackages in the local registry')
  await report.step('everything publishable builds', async () => {
    await scratch.run(
      'nx',
      'run-many',
      '-t',
      'build',
      '-p',
      workspace.published.map(({ manifest }) => manifest.name).join(),
    )
  })
  await publish(report, scratch, registry, first)
  await withTemporaryFolder('tarballs', async (into) => {
    const packages: PackedPackage[] = []
    for (const { folder, manifest } of workspace.published) {
      const place = { root: scratch.root, folder: path.join(scratch.root, folder), into }
      const packed = await publishedPackage(registry, manifest.name, manifest.version, place)
      packages.push(packed)
      await report.check(
        `the tarball of ${manifest.name}: licence, README, changelog, types, source maps with their sources, no tests`,
        () => checkTarball(packed),
      )
    }
    await install(report, registry, workspace, packages)
  })

  report.say('\nTwo copies of the contract')
  const second = await breakTheContract(report, scratch, registry)
  await tryTwoCopies(report, await benchOf(registry, workspace), workspace, first, second)
}

function unnamed(workspace: Workspace): readonly string[] {
  const changesets = workspace.files(/^\.changeset\/[^/]+\.md$/).map((file) => file.text)
  return workspace.published
    .filter(
      ({ manifest }) =>
        manifest.version === '0.0.0' &&
        !changesets.some((text) => text.includes(`"${manifest.name}":`) || text.includes(`'${manifest.name}':`)),
    )
    .map(({ manifest }) => `${manifest.name} expected a changeset: npx changeset add`)
}

async function install(
  report: Report,
  registry: LocalRegistry,
  workspace: Workspace,
  packages: readonly PackedPackage[],
): Promise<void> {
  report.say('\nEach package alone in an empty project')
  const bench = await benchOf(registry, workspace)
  const weights: Weight[] = []
  for (const packed of packages) weights.push(await installAlone(report, bench, packed))
  console.table(weights)
}

/** A second release, which breaks the contract and changes nothing else. */
async function breakTheContract(
  report: Report,
  scratch: ScratchRepository,
  registry: LocalRegistry,
): Promise<Versions> {
  await applyRelease(scratch, { '@keyfold/kms-api': 'minor' })
  await scratch.commit('Release that breaks the contract')
  const second = versionsOf(readWorkspace(scratch.root))
  await publish(report, scratch, registry, second)
  return second
}

/** Publishes as a maintainer does, to the local registry; it tags what it published. */
async function publish(
  report: Report,
  scratch: ScratchRepository,
  registry: LocalRegistry,
  versions: Versions,
): Promise<void> {
  await report.step(
    `changesets publishes ${[...versions].map(([name, version]) => `${name}@${version}`).join(' ')}`,
    async () => {
      await mustRun('changeset', ['publish'], {
        cwd: scratch.root,
        env: { ...scratch.env, ...registry.env, PATH: scratch.env['PATH'] },
      })
      const tags = new Set((await scratch.run('git', 'tag')).split('\n'))
      const untagged = [...versions].map(([name, version]) => `${name}@${version}`).filter((tag) => !tags.has(tag))
      if (untagged.length > 0) throw new Error(`no tag for ${untagged.join(', ')}`)
    },
  )
}

async function benchOf(registry: LocalRegistry, workspace: Workspace): Promise<Bench> {
  const pins = new Map(
    [workspace.manifest, ...workspace.packages.map(({ manifest }) => manifest)].flatMap((manifest) =>
      Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }),
    ),
  )
  const folder = path.join(await installedTool(ROOT, 'oldest-node'), 'node_modules')
  const programs = ['node-oldest', 'node-18', 'node-20'].map((name) => path.join(folder, name, 'bin', 'node'))
  const [oldest, ...tooOld] = await Promise.all(programs.filter((program) => existsSync(program)).map(nodeOf))
  const current = await nodeOf(process.execPath)
  // There are none for other platforms.
  const nodes = oldest === undefined ? [current] : [current, oldest]
  return { registry, root: ROOT, nodes, tooOld, versionOf: (name) => pins.get(name) }
}

async function nodeOf(program: string): Promise<NodeProgram> {
  return { program, version: (await mustRun(program, ['--version'], { cwd: ROOT })).trim().slice(1) }
}
