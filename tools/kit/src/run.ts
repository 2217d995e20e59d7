import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where and with what a program runs. */
export interface RunOptions {
  readonly cwd: string
  /** Default: {@link cleanEnvironment}. */
  readonly env?: NodeJS.ProcessEnv | undefined
}

/** How a program ended. */
export interface RunResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The environment without what npm puts there for its scripts: a child npm would take it for its own configuration. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_/i.test(name) && name !== 'NODE_OPTIONS' && name !== 'NODE_PATH' && name !== 'INIT_CWD',
  )
  return { ...Object.fromEntries(kept), CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0' }
}

/** Runs a program without a terminal until it ends. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env = cleanEnvironment() }: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8')
      child[name].on('data', (text: string) => {
        said[name] += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ status: code ?? 1, ...said })
    })
  })
}

/**
 * Runs a program that has to succeed.
 *
 * @returns what it wrote to its standard output.
 * @throws Error with its last words when it does not.
 */
export async function mustRun(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { status, stdout, stderr } = await run(program, args, options)
  if (status === 0) return stdout
  const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-30).join('\n')
  throw new Error(`${[program, ...args].join(' ')} ended with exit code ${status}:\n${words}`)
}

/** Returns the path of a program that a development dependency of the repository has. */
export function binOf(root: string, name: string): string {
  const bin = path.join(root, 'node_modules', '.bin', name)
  if (!existsSync(bin)) throw new Error(`"${name}" is not in node_modules/.bin: run npm ci`)
  return bin
}
