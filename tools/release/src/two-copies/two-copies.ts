import type { Report } from '@keyfold/kit/report'
import type { Workspace } from '@keyfold/kit/workspace'

import { checkTypes } from '../consumer/check-types.ts'
import { withEmptyProject, type EmptyProject } from '../consumer/empty-project.ts'
import type { Bench } from '../consumer/install-alone.ts'
import type { Versions } from '../versions/versions-of.ts'
import { runScript, typesScript } from './scripts.ts'

const API = '@keyfold/kms-api'
const ENCRYPTION = '@keyfold/record-encryption'
const IN_MEMORY = '@keyfold/kms-inmemory'

/** Installs providers of a first release beside the contract of a second one that breaks it, and tries what crosses the copies. */
export async function tryTwoCopies(
  report: Report,
  bench: Bench,
  workspace: Workspace,
  first: Versions,
  second: Versions,
): Promise<void> {
  const providers = workspace.published
    .filter(({ manifest }) => manifest.nx?.tags?.includes('type:provider') === true)
    .map(({ manifest }) => manifest.name)
  await withEmptyProject(bench.registry, async (project) => {
    const specifiers = [
      `${API}@${second.get(API) ?? ''}`,
      `${ENCRYPTION}@${first.get(ENCRYPTION) ?? ''}`,
      ...providers.map((name) => `${name}@${first.get(name) ?? ''}`),
    ]
    await report.step(`${specifiers.join(' ')} installs`, () => project.install(...specifiers))
    await report.check(
      'the contract is installed in two versions, one for the application and one for the provider',
      async () => {
        const versions = new Set((await copiesOfApi(project)).map((copy) => copy.version))
        return versions.size === 2 && versions.has(first.get(API) ?? '') && versions.has(second.get(API) ?? '')
          ? []
          : [`got ${[...versions].join(', ')}`]
      },
    )
    const file = await project.write('two-copies.mjs', runScript(providers, IN_MEMORY))
    for (const node of bench.nodes) await tryScript(report, project, node.program, node.version, file)
    await report.check(
      'types of a provider fit an application and record encryption with other copies of the contract, with and without skipLibCheck',
      async () => checkTypes(project, bench.root, [await project.write('two-copies.mts', typesScript(providers))]),
    )
  })
  await withEmptyProject(bench.registry, async (project) => {
    await report.check('the latest of everything shares one copy of the contract', async () => {
      await project.install(...[...second].map(([name, version]) => `${name}@${version}`))
      const copies = await copiesOfApi(project)
      return copies.length === 1 ? [] : copies.map(({ place, version }) => `${version} in ${place}`)
    })
  })
}

/** The script prints one line a promise, `ok …` or `FAIL …`. */
async function tryScript(
  report: Report,
  project: EmptyProject,
  program: string,
  version: string,
  file: string,
): Promise<void> {
  const { status, stdout, stderr } = await project.run(program, file)
  const lines = stdout.split('\n').filter((line) => /^(?:ok|FAIL) /.test(line))
  for (const line of lines)
    await report.check(`${line.replace(/^(?:ok|FAIL) /, '').split(' | ')[0] ?? ''} on Node ${version}`, () =>
      line.startsWith('ok ') ? [] : [line.split(' | ')[1] ?? ''],
    )
  await report.check(`the program with two copies of the contract runs to its end on Node ${version}`, () =>
    status === 0 && stdout.trimEnd().endsWith('done') ? [] : [`${stdout.slice(-300)}${stderr.slice(-1000)}`],
  )
}

async function copiesOfApi(
  project: EmptyProject,
): Promise<readonly { readonly place: string; readonly version: string }[]> {
  return (await project.installed()).filter(({ name }) => name === API)
}
