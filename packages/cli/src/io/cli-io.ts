import type { Readable, Writable } from 'node:stream'

/** What the command line uses of the process that it runs in; injected, so that it also runs inside another program. */
export interface CliIo {
  readonly stdin: Readable
  readonly stdout: Writable
  /** `isTTY` and `columns` decide whether a progress bar is drawn. */
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Relative file names start here. No package and no configuration is ever looked up here. */
  readonly cwd: string
  /** Ends the run: temporary files are removed and the exit code is 1. */
  readonly signal?: AbortSignal | undefined
  /** Receives a function that removes unfinished files at once, for a signal handler; and `undefined` when there are none left. */
  readonly onUnfinished?: ((remove: (() => void) | undefined) => void) | undefined
}
