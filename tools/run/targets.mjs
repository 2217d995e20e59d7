import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

import { inRoot } from './root.mjs'
import { run } from './spawn.mjs'

/** Every workspace folder with its name and its scripts. */
function projects() {
  return ['packages', 'examples', 'tools']
    .flatMap((parent) =>
      (existsSync(inRoot(parent)) ? readdirSync(inRoot(parent)) : []).map((name) => path.join(parent, name)),
    )
    .filter((folder) => existsSync(inRoot(folder, 'package.json')))
    .map((folder) => {
      const { name, scripts = {} } = JSON.parse(readFileSync(inRoot(folder, 'package.json'), 'utf8'))
      return { name, folder, scripts }
    })
}

/**
 * Runs Nx targets over all workspaces. The result names every task that should have run with its exit code, which is undefined where the task
 * could not start because one that it needs had failed.
 */
export async function runTargets(node, targets, stream) {
  const all = projects()
  const wanted = all.flatMap(({ name, folder, scripts }) =>
    Object.keys(scripts)
      .filter((target) => targets.includes(target))
      .map((target) => ({ id: `${name}:${target}`, target, folder })),
  )
  // Nx restores them from its cache: what is there afterwards belongs to this run.
  const record = inRoot('.nx', 'cache', 'run.json')
  for (const { folder } of all) rmSync(inRoot(folder, '.results'), { recursive: true, force: true })
  rmSync(record, { force: true })

  const { bin } = JSON.parse(readFileSync(inRoot('node_modules', 'nx', 'package.json'), 'utf8'))
  const nx = inRoot('node_modules', 'nx', typeof bin === 'string' ? bin : bin.nx)
  const args = [nx, 'run-many', '--outputStyle=static', '-t', ...targets]
  const code = await run(node.program, args, { env: node.env, stdio: ['ignore', stream, stream] })
  const { tasks } = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { tasks: [] }
  const codes = new Map(tasks.map(({ taskId, status }) => [taskId, status]))
  return { code, tasks: wanted.map((task) => ({ ...task, code: codes.get(task.id) })) }
}
