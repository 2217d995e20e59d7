const quiet = (): void => undefined

/** The logger that every client and source of the SDK is given: without one, some write to the console. */
export const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }
