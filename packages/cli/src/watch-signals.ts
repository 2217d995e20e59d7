import type { CliIo } from './io/cli-io.ts'

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Removes an unfinished file when a signal ends the process, and then lets the signal end it as it would have: a shell sees which it was.
 *
 * @returns what tells of the unfinished file.
 */
export function watchSignals(watched: NodeJS.Process): NonNullable<CliIo['onUnfinished']> {
  let removeUnfinished: (() => void) | undefined
  for (const signal of ENDING) {
    watched.once(signal, () => {
      removeUnfinished?.()
      watched.kill(watched.pid, signal)
    })
  }
  return (remove) => {
    removeUnfinished = remove
  }
}
