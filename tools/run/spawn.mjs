import { spawn } from 'node:child_process'
import process from 'node:process'

import { root } from './root.mjs'

/**
 * Runs a program in the repository until it ends and gives its exit code. With `onLine`, its output comes line by line, with stdin closed, so that nothing
 * can ask a question; without, it has the terminal.
 */
export function run(program, args, { env = process.env, onLine, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = onLine === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(program, args, { cwd: root, env, stdio, shell })
    if (onLine !== undefined) for (const stream of [child.stdout, child.stderr]) lines(stream, onLine)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128))
    })
  })
}

function lines(stream, onLine) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    const parts = (rest + chunk).split(/\r?\n/)
    rest = parts.pop() ?? ''
    for (const line of parts) onLine(line)
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
