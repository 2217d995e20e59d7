import type { Readable, Writable } from 'node:stream'

/** The parts of its process that the command line uses; injected, so that it also runs inside another program. */
export interface CliIo {
  /** `isTTY` decides whether a hint is printed that records are read from a terminal. */
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: Writable
  /** `isTTY` and `columns` decide whether a progress bar is drawn. */
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }
  /** Relative file names start here. No package and no configuration is ever looked up here. */
  readonly cwd: string
  /** Ends the run: temporary files are removed and the exit code is 3, or 2 if nothing was read yet. */
  readonly signal?: AbortSignal | undefined
  /** Receives a function that removes an unfinished file at once, for a signal handler; returns a function that reports it as finished or removed. */
  readonly onUnfinished?: ((remove: () => void) => () => void) | undefined
  /** `TERM`, `CI` and `NO_COLOR` decide what is drawn. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}
