import { createLogUpdate } from 'log-update'

import type { CliIo } from '../io/cli-io.ts'

/** Standard error as lines, with one line at the bottom that is drawn again and again where it is a terminal. */
export interface Terminal {
  /** Whether a bar can be drawn: a terminal, neither a dumb one nor that of continuous integration. */
  readonly isTTY: boolean
  /** Width in characters. */
  readonly columns: number
  /** Writes a line, which must be escaped already, above the bar. */
  line(text: string): void
  /** Draws the bar; only where it is a terminal. */
  bar(text: string): void
  /** Takes the bar away. */
  clear(): void
}

/** Wraps standard error. A failure to write there is not a failure of the run: nobody could be told. */
export function createTerminal({ stderr, env = {} }: Pick<CliIo, 'stderr' | 'env'>): Terminal {
  const canDraw = stderr.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI'])
  const update = canDraw ? createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true }) : undefined
  const clear = (): void => update?.clear()
  return {
    isTTY: update !== undefined,
    // The window may be resized meanwhile.
    get columns() {
      return stderr.columns ?? 80
    },
    line: (text) => {
      clear()
      stderr.write(`${text}\n`)
    },
    bar: (text) => update?.(text),
    clear,
  }
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== '0' && variable !== 'false'
}
