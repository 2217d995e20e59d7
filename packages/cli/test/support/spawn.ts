import { spawn, type ChildProcess } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** The built command: `nx test` builds it first. */
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link start}. */
export interface StartOptions {
  readonly cwd: string
  readonly shell?: string
  /** Another installation of the command. */
  readonly bin?: string
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the built command; `shell` is a line of `sh` in which `"$@"` is the command. */
export function start(
  argv: readonly string[],
  { cwd, shell = 'exec "$@"', bin = BIN, env }: StartOptions,
): ChildProcess {
  return spawn('sh', ['-c', shell, 'sh', process.execPath, bin, ...argv], {
    cwd,
    stdio: 'pipe',
    env: { ...process.env, ...env },
  })
}

/** Waits for the end. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const exit = new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.once('close', (code, signal) => {
      done([code, signal])
    }),
  )
  const [stdout, stderr, [code, signal]] = await Promise.all([buffer(child.stdout!), buffer(child.stderr!), exit])
  return { code, signal, stdout: stdout.toString(), stderr: stderr.toString() }
}

/** Runs the built command with this input. */
export async function runBin(
  argv: readonly string[],
  options: StartOptions & { readonly stdin?: string | Uint8Array },
): Promise<Ended> {
  const child = start(argv, options)
  // A child that fails early closes its input.
  child.stdin!.on('error', () => undefined)
  child.stdin!.end(options.stdin ?? '')
  return ended(child)
}
