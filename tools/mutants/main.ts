// Mutation testing: `npm run mutants`, or `npm run mutants -- --sample 400 --seed 1` for a figure in half an hour. Outside of CI.
// KEYFOLD_MUTANT_PACKAGE=kms-api leaves out the other package.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { withScratchRepository } from '@keyfold/kit/scratch-repository'

import { listMutants, pickSample } from './src/mutant-list.ts'
import { SAMPLE_FILE } from './src/sample-checker.ts'
import { PACKAGES, SOURCES } from './src/scope.ts'
import { summarize, type Report } from './src/summary.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const CACHE = path.join(ROOT, '.keyfold', 'mutants')
const {
  sample: size,
  seed = '1',
  concurrency = '2',
} = parseArgs({
  options: { sample: { type: 'string' }, seed: { type: 'string' }, concurrency: { type: 'string' } },
}).values

mkdirSync(CACHE, { recursive: true })
const name = [...PACKAGES, size === undefined ? 'full' : `sample-${size}-${seed}`].join('-')
const report = path.join(CACHE, `${name}.json`)
const sampleFile = path.join(CACHE, 'sample.json')

process.exitCode = await withScratchRepository(ROOT, async ({ root }) => {
  const mutants = await listMutants(root)
  const sample = size === undefined ? mutants : pickSample(mutants, Number(size), seed)
  writeFileSync(sampleFile, JSON.stringify(sample.map(({ place }) => place)))
  console.log(`${sample.length} of ${mutants.length} mutants${size === undefined ? '' : `, seed ${seed}`}`)
  const plugin = path.join(root, 'tools/mutants/src/sample-checker.ts')
  writeFileSync(
    path.join(root, 'stryker.config.json'),
    JSON.stringify({
      mutate: SOURCES,
      // The copy is ours to change, and tests find their fixtures in it.
      inPlace: true,
      testRunner: 'vitest',
      vitest: { configFile: 'tools/mutants/vitest.mutants.config.ts', related: false },
      plugins: ['@stryker-mutator/vitest-runner', ...(size === undefined ? [] : [plugin])],
      checkers: size === undefined ? [] : ['sample'],
      coverageAnalysis: 'perTest',
      concurrency: Number(concurrency),
      timeoutMS: 15_000,
      dryRunTimeoutMinutes: 30,
      reporters: ['json', 'progress-append-only'],
      jsonReporter: { fileName: report },
      // A mutant of code that runs once at import is tried by every test: minutes each. They are left out, and counted as such.
      ignoreStatic: true,
      incremental: size === undefined,
      incrementalFile: path.join(CACHE, `${name}-incremental.json`),
      disableTypeChecks: false,
      allowEmpty: false,
      cleanTempDir: true,
      tempDirName: path.join(root, '.stryker-tmp'),
    }),
  )
  const code = await stryker(root)
  if (code === 0) {
    const summary = summarize(
      JSON.parse(readFileSync(report, 'utf8')) as Report,
      root,
      new Set(sample.map(({ place }) => place)),
    )
    writeFileSync(report.replace(/json$/, 'md'), summary)
    console.log(summary)
  }
  return code
})

function stryker(root: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const program = path.join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
    const child = spawn(process.execPath, [program, 'run', 'stryker.config.json'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, [SAMPLE_FILE]: sampleFile },
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve(code ?? 1)
    })
  })
}
