import type { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'

import { ServerError } from '../server-error.ts'

const MAX_OUTPUT = 4_000

/** Runs a command to its end and gives what it wrote to its standard output. @throws ServerError when it fails, with the end of what it wrote. */
export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  let all = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    all += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    all += chunk.toString()
  })
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message)
    })
    child.once('close', (exit, signal) => {
      resolve(exit ?? signal ?? 'unknown')
    })
  })
  if (code !== 0)
    throw new ServerError(`${command} ${args.slice(0, 3).join(' ')} ended with ${code}: ${all.slice(-MAX_OUTPUT)}`)
  return output
}
