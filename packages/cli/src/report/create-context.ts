import type { CliIo } from '../io/cli-io.ts'
import { createLogger, type LOG_LEVELS, type LogFormat } from './create-logger.ts'
import type { RunContext } from './run-context.ts'
import { createTerminal } from './terminal.ts'

/** Options that say how a command reports. */
export interface ReportSettings {
  readonly json?: boolean | undefined
  readonly logFormat?: LogFormat | undefined
  readonly logLevel?: (typeof LOG_LEVELS)[number] | undefined
}

/** Creates what a command reports with. */
export function createContext({ json = false, logFormat, logLevel = 'info' }: ReportSettings, io: CliIo): RunContext {
  const terminal = createTerminal(io)
  return { io, json, terminal, logger: createLogger(terminal, logFormat ?? (json ? 'json' : 'text'), logLevel) }
}
