import { EXIT_FAILED, EXIT_USAGE, type ExitCode } from './exit-codes.ts'

/** The stable codes of {@link CliError}. */
export type CliErrorCode = 'CLI_USAGE' | 'CLI_CONFIG' | 'CLI_INPUT' | 'CLI_OUTPUT' | 'CLI_REJECTS' | 'CLI_ABORTED'

/** Reports a problem that the command line itself found. The message is one line with a remedy. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode
  readonly exitCode: ExitCode

  constructor(code: CliErrorCode, message: string, exitCode?: ExitCode) {
    super(message)
    this.code = code
    this.exitCode = exitCode ?? (code === 'CLI_USAGE' || code === 'CLI_CONFIG' ? EXIT_USAGE : EXIT_FAILED)
  }
}
