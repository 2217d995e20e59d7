import type { Logger } from 'pino'

import type { CliIo } from '../io/cli-io.ts'
import type { Terminal } from './terminal.ts'

/** What every command gets. */
export interface RunContext {
  readonly io: CliIo
  readonly terminal: Terminal
  readonly logger: Logger
  /** `--json`: the summary is JSON and no bar is drawn. */
  readonly json: boolean
}
