import { readFileSync } from 'node:fs'
import path from 'node:path'

import { placeOf, type MutantPlace } from './mutant-list.ts'

/** The parts of Stryker's JSON report that are read. Lines and columns count from 1. */
export interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string
        readonly mutants: readonly (Omit<MutantPlace, 'fileName'> & { readonly status: string })[]
      }
    >
  >
}

/** A mutant that changes nothing that can be observed, and why. */
interface Equivalent {
  readonly file: string
  readonly mutator: string
  /** The line as it stands in the source, trimmed. */
  readonly line: string
  readonly replacement: string
  readonly reason: string
}

interface Counts {
  killed: number
  survived: number
  uncovered: number
  equivalent: number
}

const LIST = path.resolve(import.meta.dirname, '../equivalent.json')

/** Writes the score by folder and every survivor, as Markdown. Mutants outside of `sample` do not count. */
export function summarize(report: Report, root: string, sample: ReadonlySet<string>): string {
  const equivalents = JSON.parse(readFileSync(LIST, 'utf8')) as readonly Equivalent[]
  const folders = new Map<string, Counts>()
  const survivors: string[] = []
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const folder = file
      .replace(/^packages\//, '')
      .replace('/src/', ' ')
      .replace(/\/[^/]+$/, '')
    const counts = folders.get(folder) ?? { killed: 0, survived: 0, uncovered: 0, equivalent: 0 }
    folders.set(folder, counts)
    for (const mutant of mutants) {
      const { start, end } = mutant.location
      const location = {
        start: { line: start.line - 1, column: start.column - 1 },
        end: { line: end.line - 1, column: end.column - 1 },
      }
      if (mutant.status === 'Ignored' || !sample.has(placeOf(root, { ...mutant, fileName: file, location }))) continue
      const line = source.split('\n')[start.line - 1]?.trim() ?? ''
      const isEquivalent = equivalents.some(
        (each) =>
          each.file === file &&
          each.mutator === mutant.mutatorName &&
          each.line === line &&
          each.replacement === mutant.replacement,
      )
      if (['Killed', 'Timeout', 'RuntimeError', 'CompileError'].includes(mutant.status)) counts.killed += 1
      else if (isEquivalent) counts.equivalent += 1
      else {
        counts[mutant.status === 'NoCoverage' ? 'uncovered' : 'survived'] += 1
        survivors.push(
          `- \`${file}:${start.line}\` ${mutant.mutatorName}${mutant.status === 'NoCoverage' ? ' (no test reaches it)' : ''}: \`${line}\` → \`${(mutant.replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 120)}\``,
        )
      }
    }
  }
  const total = { killed: 0, survived: 0, uncovered: 0, equivalent: 0 }
  for (const counts of folders.values())
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key]
  const row = (name: string, { killed, survived, uncovered, equivalent }: Counts): string => {
    const counted = killed + survived + uncovered
    const score = counted === 0 ? '–' : `${((100 * killed) / counted).toFixed(1)} %`
    return `| ${name} | ${killed} | ${survived} | ${uncovered} | ${equivalent} | ${score} |`
  }
  return [
    '| folder | killed | survived | not covered | equivalent | score |',
    '|---|---|---|---|---|---|',
    ...[...folders]
      .filter(([, counts]) => Object.values(counts).some((count: number) => count > 0))
      .map(([name, counts]) => row(name, counts)),
    row('**total**', total),
    '',
    'Survivors:',
    '',
    ...survivors,
    '',
  ].join('\n')
}
