/** The destination of records. */
export interface Output {
  /** Writes bytes; resolves when it can accept more. @throws CliError `CLI_OUTPUT`. */
  write(bytes: Uint8Array): Promise<void>
  /** Completes and flushes the output; a file appears under its name only now. @throws CliError `CLI_OUTPUT`. */
  finish(): Promise<void>
  /** Discards incomplete output. Idempotent; does nothing after {@link Output.finish}. */
  discard(): Promise<void>
}

/** Accepts everything and writes nothing, for `--dry-run`. */
export const noOutput: Output = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(),
  discard: () => Promise.resolve(),
}
