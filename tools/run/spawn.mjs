import { spawn } from 'node:child_process'
import process from 'node:process'

import { root } from './root.mjs'

/** Runs a program in the repository until it ends, and returns its exit code. */
export function run(program, args, { env = process.env, stdio = 'inherit', shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio, shell })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128))
    })
  })
}
