import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

import { inRoot } from './root.mjs'
import { run } from './spawn.mjs'

const FOLDERS = ['packages', 'examples', 'tools']

/** Every workspace folder with its name and its scripts. */
function projects() {
  return FOLDERS.flatMap((parent) =>
    (existsSync(inRoot(parent)) ? readdirSync(inRoot(parent)) : [])
      .map((name) => path.join(parent, name))
      .filter((folder) => existsSync(inRoot(folder, 'package.json')))
      .map((folder) => {
        const { name, scripts = {} } = JSON.parse(readFileSync(inRoot(folder, 'package.json'), 'utf8'))
        return { name, folder, scripts }
      }),
  )
}

/**
 * Runs Nx targets over all workspaces and says each as it ends. The result names every task that should have run with its exit code,
 * undefined where it could not start because one that it needs had failed.
 */
export async function runTargets(node, targets, progress) {
  const all = projects()
  const wanted = all.flatMap(({ name, folder, scripts }) =>
    targets
      .filter((target) => scripts[target] !== undefined)
      .map((target) => ({ id: `${name}:${target}`, target, folder })),
  )
  // Nx puts them back from its cache: what is there afterwards belongs to this run.
  for (const { folder } of all) rmSync(inRoot(folder, '.results'), { recursive: true, force: true })
  rmSync(inRoot('.nx', 'cache', 'run.json'), { force: true })

  const { bin } = JSON.parse(readFileSync(inRoot('node_modules', 'nx', 'package.json'), 'utf8'))
  const nx = inRoot('node_modules', 'nx', typeof bin === 'string' ? bin : bin.nx)
  let ended = 0
  const preamble = []
  const code = await run(node.program, [nx, 'run-many', '-t', ...targets], {
    env: node.env,
    onLine: (line) => {
      const done = /^✔ +nx run (\S+)(?: +\[(.*)\])?/.exec(line)
      const failed = /^> nx run (\S+)/.exec(line)
      if (done !== null)
        progress.say(`      ${(ended += 1)}/${wanted.length} ${done[1]}${done[2] === undefined ? '' : ' (cached)'}`)
      else if (failed !== null) progress.say(`      ${(ended += 1)}/${wanted.length} ${failed[1]} FAILED:`)
      else if (ended === 0) preamble.push(line)
      else if (!/^npm error|^\s*$/.test(line)) progress.say(`      ${line}`)
    },
  })
  // Nothing started: what Nx says about a broken project graph stands there.
  if (code !== 0 && ended === 0) for (const line of preamble) progress.say(`      ${line}`)
  const codes = exitCodes()
  return { code, tasks: wanted.map((task) => ({ ...task, code: codes.get(task.id) })) }
}

function exitCodes() {
  try {
    const { tasks } = JSON.parse(readFileSync(inRoot('.nx', 'cache', 'run.json'), 'utf8'))
    return new Map(tasks.map((task) => [task.taskId, task.status]))
  } catch {
    return new Map()
  }
}
