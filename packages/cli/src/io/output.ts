/** Where records go. */
export interface Output {
  /** Takes bytes; resolves when more are welcome. @throws CliError `CLI_OUTPUT`. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes what was written whole and lasting; for a file, only now does its name exist. @throws CliError `CLI_OUTPUT`. */
  finish(): Promise<void>
  /** Gives up: removes what is not whole. Idempotent; does nothing after {@link Output.finish}. */
  discard(): Promise<void>
}

/** Takes everything and writes nothing, for `--dry-run`. */
export const noOutput: Output = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(),
  discard: () => Promise.resolve(),
}
