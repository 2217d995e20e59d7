/** The run succeeded. */
export const EXIT_OK = 0
/** The output is complete except for rejected records; for `inspect`, some records or lines are malformed. */
export const EXIT_REJECTED = 1
/** The command line or the configuration is wrong, or the run was interrupted before it began. */
export const EXIT_USAGE = 2
/** The run failed: there is no file under the name of `--output`, and standard output is cut at a record. */
export const EXIT_FAILED = 3

/** The exit code of a run. A signal ends the process with 128 plus its number. */
export type ExitCode = typeof EXIT_OK | typeof EXIT_REJECTED | typeof EXIT_USAGE | typeof EXIT_FAILED
