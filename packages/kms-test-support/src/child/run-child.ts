import { spawn } from 'node:child_process'

import { within } from '../assertions/within.ts'
import type { ChildProvider } from '../facade/child-provider.ts'
import { CHILD_PROGRAM } from './child-program.ts'

/** The outcome of a child process. */
export interface ChildResult {
  /** The steps it took, in order. */
  readonly log: readonly string[]
  readonly exitCode: number | null
  /** Whether it ended in time after it closed its client. */
  readonly endedByItself: boolean
  /** Names of its errors; no messages, which could contain secrets. */
  readonly errors: string
}

const START_MS = 45_000

/** Runs a process that uses the provider once, closes it and then has nothing to do. Kills it if it does not end. */
export async function runChild(
  { module, config, kekSelector, baseDirectory, conditions = [], env }: ChildProvider,
  exitMs: number,
): Promise<ChildResult> {
  const flags = conditions.map((condition) => `--conditions=${condition}`)
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', CHILD_PROGRAM], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env, NODE_OPTIONS: '' },
  })
  const log: string[] = []
  let errors = ''
  let rest = ''
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const closed = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('error ')) errors = line.slice(6)
        else log.push(line)
        if (line === 'closed' || line.startsWith('error ')) resolve()
      }
    })
  })
  child.stdin
    .on('error', () => undefined)
    .end(JSON.stringify({ module: String(module), config, kekSelector, baseDirectory: baseDirectory ?? process.cwd() }))
  try {
    await within(START_MS, Promise.race([closed, ended]), 'the child')
    const exitCode = await within(exitMs, ended, 'the child')
    return { log, exitCode, endedByItself: true, errors }
  } catch {
    return { log, exitCode: null, endedByItself: false, errors }
  } finally {
    child.kill('SIGKILL')
  }
}
