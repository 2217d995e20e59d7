export type { CliIo } from './io/cli-io.ts'
export type { ExitCode } from './errors/exit-codes.ts'

export { runCli } from './run-cli.ts'
