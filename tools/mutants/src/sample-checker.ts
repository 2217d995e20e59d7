import { readFileSync } from 'node:fs'
import process from 'node:process'

import { CheckStatus, type Checker, type CheckResult } from '@stryker-mutator/api/check'
import type { Mutant } from '@stryker-mutator/api/core'
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'

import { placeOf } from './mutant-list.ts'

/** The name of the environment variable that holds the path of the sample's file. */
export const SAMPLE_FILE = 'KEYFOLD_MUTANT_SAMPLE'

/** Tells Stryker to leave out every mutant that is not in the sample: it counts them as invalid, and the summary leaves them out. */
function sampleChecker(): Checker {
  let sample = new Set<string>()
  return {
    init: () => {
      sample = new Set(JSON.parse(readFileSync(process.env[SAMPLE_FILE] ?? '', 'utf8')) as string[])
      return Promise.resolve()
    },
    group: (mutants: Mutant[]) => Promise.resolve([mutants.map(({ id }) => id)]),
    check: (mutants: Mutant[]) => {
      const results = mutants.map((mutant): [string, CheckResult] => [
        mutant.id,
        sample.has(placeOf(process.cwd(), mutant))
          ? { status: CheckStatus.Passed }
          : { status: CheckStatus.CompileError, reason: 'not in the sample' },
      ])
      return Promise.resolve(Object.fromEntries(results))
    },
  }
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, 'sample', sampleChecker)]
