import { Buffer } from 'node:buffer'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { runCli, type CliIo } from '../../src/index.ts'

/** What a run left behind. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link run}. */
export interface RunOptions {
  readonly cwd?: string
  readonly stdin?: string | Uint8Array | Readable
  readonly stderr?: Partial<CliIo['stderr']>
  readonly stdout?: Writable
  readonly signal?: AbortSignal
}

/** Runs the command line in this process. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), options.stderr)
  const [out, errors] = [buffer(stdout), buffer(stderr)]
  const { stdin = '', cwd = '/nonexistent' } = options
  const io: CliIo = {
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdout: options.stdout ?? stdout,
    stderr,
    cwd,
    signal: options.signal,
  }
  const code = await runCli(argv, io)
  stdout.end()
  stderr.end()
  return { code, stdout: (await out).toString(), stderr: (await errors).toString() }
}

/** The summary of `--json`, which is the last line of standard error. */
export function summaryOf({ stderr }: Ran): Record<string, unknown> {
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
}

/** The records of standard output. */
export function recordsOf({ stdout }: Ran): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Record<string, unknown>)
}
