import { stat } from 'node:fs/promises'
import path from 'node:path'

import { installedPackages } from '@keyfold/kit/dependency-rules'
import { optionalPeersOf, type Manifest } from '@keyfold/kit/manifest'
import type { PackedPackage } from '@keyfold/kit/packed-package'
import type { Report } from '@keyfold/kit/report'

import type { LocalRegistry } from '../registry/local-registry.ts'
import { checkTypes, typesOfEntries } from './check-types.ts'
import { withEmptyProject, type EmptyProject } from './empty-project.ts'
import { entriesOf } from './entry.ts'
import { loadEntries, type Loader } from './load-entries.ts'
import { sizeOf } from './size-of.ts'

/** A Node to try packages on. */
export interface NodeProgram {
  readonly version: string
  readonly program: string
}

/** What the installation of one package weighs. */
export interface Weight {
  readonly name: string
  readonly version: string
  readonly 'tarball kB': number
  readonly 'packages installed': number
  readonly 'MB installed': number
}

/** Where and with what packages are tried. */
export interface Bench {
  readonly registry: LocalRegistry
  readonly root: string
  readonly nodes: readonly NodeProgram[]
  /** Versions of Node.js on which every entry has to say which version it needs. */
  readonly tooOld: readonly NodeProgram[]
  /** The exact version of a package that this repository develops with. */
  readonly versionOf: (name: string) => string | undefined
}

/** Installs one package into an empty project and tries everything that it exports. */
export async function installAlone(report: Report, bench: Bench, packed: PackedPackage): Promise<Weight> {
  const { name, version } = packed.manifest
  return withEmptyProject(bench.registry, async (project) => {
    await report.step(`${name} installs alone`, () => project.install(`${name}@${version}`))
    const installed = await project.installed()
    const weight = {
      name,
      version,
      'tarball kB': Math.round((await stat(packed.tarball)).size / 1000),
      'packages installed': installed.length,
      'MB installed': Math.round((await sizeOf(path.join(project.folder, 'node_modules'))) / 1e5) / 10,
    }
    await report.check(`${name} brings only what it needs of ours, and no install script`, () => {
      const own = installed
        .map((each) => each.name)
        .filter((each) => each.startsWith('@keyfold/'))
        .sort()
      const wanted = installedPackages(packed.manifest)
      return [
        ...(own.join() === wanted.join() ? [] : [`expected ${wanted.join(', ')}, got ${own.join(', ')}`]),
        ...installed
          .filter((each) => each.hasInstallScript)
          .map((each) => `${each.name}@${each.version} has an install script`),
      ]
    })
    await tryEntries(report, bench, packed, project)
    return weight
  })
}

async function tryEntries(
  report: Report,
  bench: Bench,
  { manifest }: PackedPackage,
  project: EmptyProject,
): Promise<void> {
  const { name } = manifest
  const entries = entriesOf(manifest)
  const peers = optionalPeersOf(manifest)
  const waiting = await entriesThatNeed(peers, project, bench, entries)
  const alone = entries.filter((entry) => !waiting.includes(entry))
  await tryToLoad(report, bench, project, name, alone)
  for (const node of bench.tooOld) await tryTooOld(report, node, manifest, alone, project)
  await report.check(
    `${name}: types under strict settings, from ESM and CommonJS, with and without skipLibCheck`,
    async () => checkTypes(project, bench.root, await typesOfEntries(project, alone)),
  )
  for (const command of Object.keys(manifest.bin ?? {})) {
    await report.check(
      `${name}: the command ${command} says its version on Node ${bench.nodes.map((node) => node.version).join(' and ')}`,
      async () => {
        const answers = await Promise.all(
          bench.nodes.map((node) => project.run(node.program, path.join('node_modules', '.bin', command), '--version')),
        )
        return answers
          .filter(({ stdout }) => !stdout.includes(manifest.version))
          .map(({ stdout, stderr }) => `expected ${manifest.version}, got ${stdout}${stderr}`)
      },
    )
  }
  if (waiting.length === 0) return
  const versions = peers.map(
    (peer) => `${peer}@${bench.versionOf(peer) ?? manifest.peerDependencies?.[peer] ?? 'latest'}`,
  )
  await report.step(`${name} with its optional peers ${peers.join(', ')} installs`, () => project.install(...versions))
  await tryToLoad(report, bench, project, name, waiting)
  await report.check(`${name}: types of ${waiting.join(', ')} beside ${peers.join(', ')}`, async () =>
    checkTypes(project, bench.root, await typesOfEntries(project, waiting)),
  )
}

/** Finds the entries whose module cannot be loaded without an optional peer. */
async function entriesThatNeed(
  peers: readonly string[],
  project: EmptyProject,
  { nodes }: Bench,
  entries: readonly string[],
): Promise<readonly string[]> {
  const [node] = nodes
  if (peers.length === 0 || node === undefined) return []
  const loaded = await loadEntries(project, node.program, 'import', entries)
  return entries.filter((entry) => {
    const result = loaded.get(entry)
    return (
      result !== undefined &&
      'error' in result &&
      peers.some((peer) => result.error.includes(`Cannot find package '${peer}'`))
    )
  })
}

async function tryToLoad(
  report: Report,
  { nodes }: Bench,
  project: EmptyProject,
  name: string,
  entries: readonly string[],
): Promise<void> {
  for (const node of nodes) {
    await report.check(
      `${name}: import and require() of ${entries.map((entry) => `.${entry.slice(name.length)}`).join(' ')} on Node ${node.version}`,
      async () => {
        const load = (loader: Loader) => loadEntries(project, node.program, loader, entries)
        const [imported, required] = [await load('import'), await load('require')]
        return entries.flatMap((entry) => {
          const [first, second] = [imported.get(entry), required.get(entry)]
          if (first === undefined || 'error' in first) return [`import of ${entry}: ${first?.error ?? 'nothing'}`]
          if (second === undefined || 'error' in second) return [`require() of ${entry}: ${second?.error ?? 'nothing'}`]
          if (first.names.length === 0) return [`${entry} exports nothing`]
          return first.names.join() === second.names.join()
            ? []
            : [
                `${entry} expected the same exports, got ${first.names.join()} by import and ${second.names.join()} by require()`,
              ]
        })
      },
    )
  }
}

async function tryTooOld(
  report: Report,
  node: NodeProgram,
  { name, bin = {} }: Manifest,
  entries: readonly string[],
  project: EmptyProject,
): Promise<void> {
  const wanted = new RegExp(
    `^(?:keyfold: error: )?[^\\n]*Node\\.js 22\\.12 or newer[^\\n]* ${node.version.replaceAll('.', '\\.')}\\n?$`,
  )
  await report.check(
    `${name}: import and commands name the version needed, in one line, on Node ${node.version}`,
    async () => {
      const loaded = await loadEntries(project, node.program, 'import', entries)
      const messages = [...loaded].map(
        ([entry, result]) => [entry, 'error' in result ? result.error : 'loaded'] as const,
      )
      const commands = await Promise.all(
        Object.keys(bin).map(async (command) => {
          const { status, stderr } = await project.run(
            node.program,
            path.join('node_modules', '.bin', command),
            '--version',
          )
          return [command, status === 2 ? stderr : `exit code ${status}: ${stderr}`] as const
        }),
      )
      return [...messages, ...commands]
        .filter(([, text]) => !wanted.test(text))
        .map(([what, text]) => `${what}: ${text}`)
    },
  )
}
