import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { repository } from './scratch.ts'

const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/nx': { version: '1.0.0', integrity: 'sha512-x' } } })

/** What the stand-in for Nx says and leaves behind. */
interface Nx {
  readonly output?: string
  readonly exitCode?: number
  /** Exit code by task; one that is missing did not run. */
  readonly tasks?: Readonly<Record<string, number>>
  /** Files below packages/a/.results. */
  readonly results?: Readonly<Record<string, object>>
}

/** A repository of one package, with the real tools/run, an installed stand-in for Nx, and stand-ins for npm and, where asked for, the private Node. */
function scratchRepository(nx: Nx = {}, privateNode?: string): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'keyfold-run-')))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  cpSync(path.join(repository, 'tools/run'), path.join(folder, 'tools/run'), { recursive: true })
  cpSync(path.join(repository, 'tools/run.mjs'), path.join(folder, 'tools/run.mjs'))
  write('package.json', '{ "type": "module" }')
  write('package-lock.json', LOCK)
  write(
    'packages/a/package.json',
    JSON.stringify({ name: '@scratch/a', scripts: { build: 'x', lint: 'x', test: 'x', 'pack-check': 'x' } }),
  )
  write(
    'examples/flights/main.ts',
    "process.stdout.write('flights: ' + process.argv.slice(2).join(' ')); process.exitCode = 3",
  )
  write('node_modules/.package-lock.json', LOCK)
  write(
    'node_modules/nx/package.json',
    JSON.stringify({ name: 'nx', version: '1.0.0', type: 'module', bin: { nx: 'nx.js' } }),
  )
  write(
    'node_modules/nx/nx.js',
    `import { mkdirSync, writeFileSync } from 'node:fs'
const nx = ${JSON.stringify(nx)}
console.log(nx.output ?? '')
mkdirSync('.nx/cache', { recursive: true })
mkdirSync('packages/a/.results', { recursive: true })
const tasks = Object.entries(nx.tasks ?? {}).map(([taskId, status]) => ({ taskId, status }))
if (nx.tasks) writeFileSync('.nx/cache/run.json', JSON.stringify({ tasks }))
for (const [name, result] of Object.entries(nx.results ?? {})) writeFileSync('packages/a/.results/' + name, JSON.stringify(result))
process.exitCode = nx.exitCode ?? 0
`,
  )
  // Installs nothing: says what it was asked for.
  write('npm.js', "console.log('npm error asked for ' + process.argv.slice(2).join(' ')); process.exitCode = 7")
  if (privateNode !== undefined) {
    write('node_modules/.bin/node', privateNode)
    chmodSync(path.join(folder, 'node_modules/.bin/node'), 0o755)
  }
  return folder
}

function run(
  folder: string,
  ...args: readonly string[]
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const env = { ...process.env, npm_execpath: path.join(folder, 'npm.js') }
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(folder, 'tools/run.mjs'), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1)
const ALL = { '@scratch/a:build': 0, '@scratch/a:lint': 0, '@scratch/a:test': 0, '@scratch/a:pack-check': 0 }
const RESULTS = {
  'test.json': { numPassedTests: 40, numFailedTests: 0, numPendingTests: 2 },
  'pack-check.json': { numPassedTests: 9, numFailedTests: 0 },
}

test('npm test ends with the sum of tests, rules, builds and lints', () => {
  const { code, out } = run(scratchRepository({ tasks: ALL, results: RESULTS }), 'test')
  expect(lastLine(out)).toBe('51 passed, 0 failed')
  expect(out).toContain('tests: 40 passed, 0 failed, 2 skipped')
  expect(code).toBe(0)
})

test('what Nx prints is shown', () => {
  const { out } = run(scratchRepository({ output: '✔  nx run @scratch/a:build', tasks: ALL, results: RESULTS }), 'test')
  expect(out).toContain('✔  nx run @scratch/a:build')
})

test.each<[string, Nx, string]>([
  [
    'failed tests',
    {
      tasks: { ...ALL, '@scratch/a:test': 1 },
      results: { ...RESULTS, 'test.json': { numPassedTests: 38, numFailedTests: 2 } },
      exitCode: 1,
    },
    '49 passed, 2 failed',
  ],
  [
    'a suite that could not start',
    { tasks: { ...ALL, '@scratch/a:test': 1 }, results: RESULTS, exitCode: 1 },
    '51 passed, 1 failed',
  ],
  [
    'tests that left no counts',
    { tasks: ALL, results: { 'pack-check.json': RESULTS['pack-check.json'] } },
    '11 passed, 1 failed',
  ],
  ['a failed lint', { tasks: { ...ALL, '@scratch/a:lint': 1 }, results: RESULTS, exitCode: 1 }, '50 passed, 1 failed'],
  [
    'a failed build, and what needed it',
    { tasks: { '@scratch/a:build': 1, '@scratch/a:lint': 0, '@scratch/a:test': 0 }, results: RESULTS, exitCode: 1 },
    '41 passed, 2 failed',
  ],
  ['an Nx that fails without a task that did', { tasks: ALL, results: RESULTS, exitCode: 1 }, '51 passed, 1 failed'],
  ['an Nx that could not start', { exitCode: 1, output: 'no project graph' }, '0 passed, 4 failed'],
])('%s count as failures', (_, nx, line) => {
  const { code, out } = run(scratchRepository(nx), 'test')
  expect(lastLine(out)).toBe(line)
  expect(code).toBe(1)
  if (nx.output !== undefined) expect(out).toContain(nx.output)
})

test('an installation that matches the lockfile is taken as it is, and stamped with its hash', () => {
  const folder = scratchRepository({ tasks: ALL, results: RESULTS })
  expect(run(folder, 'test').out).toContain('node_modules is up to date')
  expect(readFileSync(path.join(folder, 'node_modules/.keyfold-lock-sha256'), 'utf8')).toBe(
    createHash('sha256').update(LOCK).digest('hex'),
  )
  expect(run(folder, 'test').out).toContain('nothing to do')
})

test('another lockfile than the stamped one is installed with development and optional packages, and a failure is told', () => {
  const folder = scratchRepository({ tasks: ALL, results: RESULTS })
  run(folder, 'test')
  writeFileSync(path.join(folder, 'package-lock.json'), LOCK.replace('1.0.0', '2.0.0'))
  const { code, out, err } = run(folder, 'test')
  expect(err).toContain('npm ci failed with exit code 7')
  expect(out).toContain('asked for ci --include=dev --include=optional')
  expect(code).toBe(1)
})

test('npm start hands arguments and exit code through', () => {
  const { code, out } = run(scratchRepository({ tasks: ALL }), 'start', '--dry-run')
  expect(out).toContain('flights: --dry-run')
  expect(code).toBe(3)
})

test.each([
  [
    'an old Node',
    '#!/bin/sh\necho v22.17.1\n',
    'Node v22.17.1 would run the build and is too old: TypeScript without flags needs >= 22.18 or >= 24',
  ],
  ['an old odd Node', '#!/bin/sh\necho v23.5.0\n', 'is too old'],
  ['a Node that does not start', '#!/bin/sh\nexit 127\n', 'does not start here (it needs glibc)'],
])('%s is named in one clear line', (_, script, message) => {
  const { code, err } = run(scratchRepository({ tasks: ALL }, script), 'test')
  expect(err).toContain(`keyfold: `)
  expect(err).toContain(message)
  expect(err).not.toMatch(/^\s+at /m)
  expect(code).toBe(1)
})

test.each([[[]], [['frobnicate']], [['constructor']]])(
  'the command %j is refused with the commands that there are',
  (args) => {
    const { code, err } = run(scratchRepository(), ...args)
    expect(err).toContain('"command" expected one of start, test, servers, bench, got')
    expect(code).toBe(1)
  },
)

test('a folder without a lockfile is no whole clone', () => {
  const folder = scratchRepository()
  rmSync(path.join(folder, 'package-lock.json'))
  expect(run(folder, 'test').err).toContain('package-lock.json is missing')
})
