import path from 'node:path'

import { Report } from '@keyfold/kit/report'
import { withScratchRepository, type ScratchRepository } from '@keyfold/kit/scratch-repository'

import { conformance, type Conformance } from './conformance.ts'
import { loadPacked } from './load-packed.ts'
import { ownViolations } from './own-violations.ts'
import { writeAsAuthor } from './write-as-author.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const NAME = 'scratch'
const PACKAGE = `@keyfold/kms-${NAME}`
const TARGETS = 'build,typecheck,lint,pack-check'

/**
 * Generates a provider, runs everything on it as it is and as its author would finish it, packs it and loads it by name.
 *
 * @returns the exit code.
 */
export function tryGenerator(say: (line: string) => void): Promise<number> {
  const report = new Report(say)
  return report.run(() => withScratchRepository(ROOT, (scratch) => generate(report, scratch)))
}

async function generate(report: Report, scratch: ScratchRepository): Promise<void> {
  const folder = path.join(scratch.root, 'packages', `kms-${NAME}`)

  report.say('\nAs generated')
  await report.step(`npx nx g @keyfold/nx-plugin:provider ${NAME}`, async () => {
    await scratch.run('nx', 'g', '@keyfold/nx-plugin:provider', NAME, '--skipInstall')
  })
  await report.step('npm install', async () => {
    await scratch.run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  })
  await targets(report, scratch, 'it builds, type-checks, lints and passes the checks of its tarball')
  await report.check('it keeps every rule of the repository', () => ownViolations(scratch.root, PACKAGE, `kms-${NAME}`))
  await redSuite(report, scratch, folder, 'test/')

  report.say('\nAs its author finishes it, for a small KMS over HTTP')
  const facade = await writeAsAuthor(folder, 'test')
  report.say(`      ${facade.lines} lines: the stand-in for the KMS and what the suite does to it`)
  await redSuite(report, scratch, folder, 'src/requests/')
  const written = await writeAsAuthor(folder, 'src')
  report.say(`      ${written.lines} lines in ${written.files} files: the provider`)
  await targets(report, scratch, 'it still builds, type-checks, lints and passes the checks of its tarball')
  await report.check('it still keeps every rule of the repository', () =>
    ownViolations(scratch.root, PACKAGE, `kms-${NAME}`),
  )
  const after = await conformance(scratch.root, folder)
  await report.check('the conformance suite and the fault table are green', () =>
    after.passed.length > 150
      ? after.failed
      : [...after.failed, `expected more than 150 clauses and faults, got ${after.passed.length}`],
  )
  report.say(
    `      clauses and faults: ${after.passed.length} passed, ${after.failed.length} failed in ${(after.ms / 1000).toFixed(1)} s`,
  )
  await report.check(
    'packed and installed into an empty project, it is loaded by its name and by its package name',
    () => loadPacked(scratch, folder, NAME),
  )
}

async function redSuite(report: Report, scratch: ScratchRepository, folder: string, place: string): Promise<void> {
  const result = await conformance(scratch.root, folder)
  await report.check(
    `the conformance suite and the fault table run, and are red only where the author has to write: in ${place}`,
    () => [
      ...redWhereUnwritten(result),
      ...result.instructions
        .filter((line) => !line.startsWith(place))
        .map((line) => `expected to be sent to ${place}, got ${line}`),
    ],
  )
  report.say(
    `      clauses and faults: ${result.passed.length} passed, ${result.failed.length} failed; the author is told to write:`,
  )
  for (const line of result.instructions) report.say(`        ${line}`)
}

async function targets(report: Report, scratch: ScratchRepository, promise: string): Promise<void> {
  await report.check(promise, async () => {
    await scratch.run('nx', 'run-many', '-t', TARGETS, '-p', PACKAGE)
    return []
  })
}

function redWhereUnwritten({ passed, failed, unexplained, instructions, otherTests }: Conformance): readonly string[] {
  return [
    ...(failed.length > 0 ? [] : ['expected red clauses: nothing is written yet']),
    ...(passed.length + failed.length > 150
      ? []
      : [`expected more than 150 clauses and faults, got ${passed.length + failed.length}`]),
    ...(instructions.length > 0 ? [] : ['expected to be told what to write']),
    ...(otherTests.length > 0
      ? otherTests.filter((each) => each.startsWith('failed '))
      : ['expected tests beside the suite']),
    ...unexplained
      .slice(0, 5)
      .map((title) => `red without saying what to write, ${unexplained.length} in all: ${title}`),
  ]
}
