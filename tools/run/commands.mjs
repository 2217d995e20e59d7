import { existsSync } from 'node:fs'
import process from 'node:process'

import { install } from './install.mjs'
import { findNode } from './private-node.mjs'
import { createProgress } from './progress.mjs'
import { inRoot } from './root.mjs'
import { run } from './spawn.mjs'
import { Stop } from './stop.mjs'
import { summarise } from './summary.mjs'
import { runTargets } from './targets.mjs'

const DEMO = 'examples/flights/main.ts'
const BENCH = 'tools/bench/main.ts'

/** npm start: the main job on real records. */
export function start(args) {
  return runScript('start', 'run the demonstration', DEMO, args, process.stdout)
}

/** npm run bench: the measurements. What it says itself goes to stderr, so that `--json` stays JSON. */
export function bench(args) {
  return runScript('bench', 'measure', BENCH, args, process.stderr)
}

/** npm test: everything that needs no server. Ends with the line `N passed, N failed`. */
export function test() {
  return runSuites('test', 'build, type-check, lint, tests and checks', [
    'build',
    'typecheck',
    'lint',
    'test',
    'pack-check',
    ...['code', 'docs', 'dependencies', 'files', 'format'].map((group) => `check-${group}`),
  ])
}

/** npm run test:servers: the tests against real servers, which they install, start and stop. Ends with the line `N passed, N failed`. */
export function servers() {
  return runSuites('test:servers', 'tests against real servers', ['test:servers'])
}

async function runSuites(title, what, targets) {
  const progress = createProgress(title, 2)
  progress.start()
  const node = await prepare(progress)
  const { code, tasks } = await progress.step(`${what} (Node ${node.version})`, async () => {
    const result = await runTargets(node, targets, progress.stream)
    return { ...result, note: result.code === 0 ? 'all passed' : 'FAILED' }
  })
  const { kinds, passed, failed } = summarise(tasks)
  for (const task of tasks)
    if (task.code === undefined) progress.say(`      not run, because one that it needs failed: ${task.id}`)
  for (const [kind, sum] of kinds) {
    const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''
    progress.say(`      ${kind}: ${sum.passed} passed, ${sum.failed} failed${skipped}`)
  }
  const bad = code !== 0 || failed > 0
  progress.end(bad ? 'failed' : 'passed')
  // Nx can fail without a task that did: a broken project graph is one failure too.
  console.log(`${passed} passed, ${bad ? Math.max(1, failed) : 0} failed`)
  return bad ? 1 : 0
}

async function runScript(title, what, script, args, stream) {
  const progress = createProgress(title, 3, stream)
  progress.start()
  if (!existsSync(inRoot(script))) throw new Stop(`${script} is missing: this does not look like a whole clone`)
  const node = await prepare(progress)
  await progress.step('build', async () => {
    const { code } = await runTargets(node, ['build'], progress.stream)
    if (code !== 0) throw new Stop('the build failed; what it said is above')
  })
  progress.say(`[3/3] ${what} (Node ${node.version}) …`)
  const code = await run(node.program, [inRoot(script), ...args], { env: node.env })
  progress.end(code === 0 ? 'done' : `failed with exit code ${code}`)
  return code
}

async function prepare(progress) {
  await progress.step('install what is missing', () => install(progress.stream))
  return findNode()
}
