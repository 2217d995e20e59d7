import type { CliIo } from './io/cli-io.ts'

/** 128 plus the number of the signal, as a shell reports a process that a signal ended. */
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
/** The time that a run may take to close its output and its login after a signal. */
const GRACE_MS = 5000

/** The part of the context that {@link watchSignals} creates. */
export interface SignalWatch extends Required<Pick<CliIo, 'onUnfinished' | 'signal'>> {
  /** The exit code of the received signal; `undefined` without one. */
  readonly exitCode: () => number | undefined
}

/**
 * Interrupts the run at the first signal, so that it removes unfinished files, ends its login and reports that. A second signal, or a run that does
 * not end in time, ends the process at once, without unfinished files.
 */
export function watchSignals(watched: NodeJS.Process): SignalWatch {
  const controller = new AbortController()
  const unfinished = new Set<() => void>()
  let exitCode: number | undefined
  const endNow = (code: number): void => {
    for (const remove of unfinished) remove()
    watched.exit(code)
  }
  for (const [signal, code] of Object.entries(CODES)) {
    watched.on(signal, () => {
      if (exitCode !== undefined) endNow(code)
      exitCode = code
      controller.abort()
      setTimeout(endNow, GRACE_MS, code).unref()
    })
  }
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    onUnfinished: (remove) => {
      unfinished.add(remove)
      return () => {
        unfinished.delete(remove)
      }
    },
  }
}
