import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Logger } from '@stryker-mutator/api/logging'
import { Instrumenter } from '@stryker-mutator/instrumenter'

import { SOURCES } from './scope.ts'

/** The parts of a mutant that tell it from every other one of a run. */
export interface MutantPlace {
  readonly fileName: string
  readonly mutatorName: string
  readonly replacement?: string | undefined
  readonly location: {
    readonly start: { readonly line: number; readonly column: number }
    readonly end: { readonly line: number; readonly column: number }
  }
}

/** Returns what identifies a mutant in one state of the sources. */
export function placeOf(root: string, { fileName, mutatorName, replacement, location }: MutantPlace): string {
  const { start, end } = location
  const file = path.relative(root, path.resolve(root, fileName))
  return [file, start.line, start.column, end.line, end.column, mutatorName, replacement].join(' ')
}

/** Lists every mutant that Stryker makes of the sources below `root`, with names that survive changes elsewhere in a file. */
export async function listMutants(root: string): Promise<readonly { readonly place: string; readonly name: string }[]> {
  const silent = new Proxy({}, { get: () => () => false }) as Logger
  const texts = new Map(
    SOURCES.flatMap((glob) => globSync(glob, { cwd: root })).map((file) => [
      file,
      readFileSync(path.join(root, file), 'utf8'),
    ]),
  )
  const { mutants } = await new Instrumenter(silent).instrument(
    [...texts].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: [], excludedMutations: [], ignorers: [] },
  )
  const seen = new Map<string, number>()
  return mutants.map((mutant) => {
    const lines = (texts.get(mutant.fileName) ?? '').split('\n')
    const text = `${mutant.fileName} ${mutant.mutatorName} ${lines[mutant.location.start.line]?.trim() ?? ''} ${mutant.replacement}`
    const count = (seen.get(text) ?? 0) + 1
    seen.set(text, count)
    return { place: placeOf(root, mutant), name: `${text} ${count}` }
  })
}

/** Picks `size` mutants by the hash of their names: with one seed, a change of the sources changes the sample only where it changed them. */
export function pickSample<T extends { readonly name: string }>(
  mutants: readonly T[],
  size: number,
  seed: string,
): readonly T[] {
  const rank = ({ name }: T): string => createHash('sha256').update(`${seed}\0${name}`).digest('hex')
  return mutants
    .map((mutant) => ({ mutant, rank: rank(mutant) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant)
}
