/** Everything was done. */
export const EXIT_OK = 0
/** A record was refused (also when it was skipped), or the KMS or an input or output failed. */
export const EXIT_FAILED = 1
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2

/** What a run of the command line ends with. */
export type ExitCode = typeof EXIT_OK | typeof EXIT_FAILED | typeof EXIT_USAGE
