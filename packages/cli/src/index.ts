import '@keyfold/kms-api'

import type { ExitCode } from './errors/exit-codes.ts'
import type { CliIo } from './io/cli-io.ts'

export type { CliIo } from './io/cli-io.ts'
export type { ExitCode } from './errors/exit-codes.ts'

/**
 * Runs `keyfold` in this process.
 *
 * ```ts
 * const code = await runCli(['encrypt', '--config', 'keyfold.yaml', 'records.ndjson'], { stdin, stdout, stderr, cwd: process.cwd() })
 * ```
 *
 * @param argv - the arguments after the command's name.
 * @param io - the caller owns the streams; standard output is never ended.
 * @returns the exit code of the command line; a failure of the command never rejects.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  // Loaded on use: a Node.js that is too old cannot parse it, and could not report that.
  const { runCli: run } = await import('./run-cli.ts')
  return run(argv, io)
}
