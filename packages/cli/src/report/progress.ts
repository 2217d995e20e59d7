import type { Logger } from 'pino'

import { formatBytes, formatCountOf, formatDuration } from './format-number.ts'
import type { RunStats } from './run-stats.ts'
import type { Terminal } from './terminal.ts'

const BAR_MS = 100
const LOG_MS = 10_000
const BAR_CELLS = 24

/** Tells how far a run is. */
export interface Progress {
  /** Called as often as one likes; draws seldom. */
  update(stats: RunStats): void
  end(): void
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  readonly command: string
  readonly terminal: Terminal
  readonly logger: Logger
  /** Draws no bar, also where a terminal could. */
  readonly bar: boolean
  /** Bytes of all inputs, where they are known. */
  readonly totalBytes: number | undefined
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** A bar on a terminal, ten times a second at most; a log line every ten seconds elsewhere. */
export function createProgress(options: ProgressOptions): Progress {
  const { terminal, logger, now } = options
  const bar = options.bar && terminal.isTTY
  const start = now()
  let next = start + (bar ? BAR_MS : LOG_MS)
  return {
    update: (stats) => {
      const time = now()
      if (time < next) return
      next = time + (bar ? BAR_MS : LOG_MS)
      const { fraction, text } = describe(stats, (time - start) / 1000, options.totalBytes)
      if (bar) terminal.bar(`${options.command} ${drawBar(fraction)}${text}`.slice(0, terminal.columns - 1))
      else logger.info({ progress: { records: stats.records, bytesIn: stats.bytesIn } }, `${options.command}: ${text}`)
    },
    end: () => {
      if (bar) terminal.clear()
    },
  }
}

function describe(
  stats: RunStats,
  seconds: number,
  total: number | undefined,
): { fraction: number | undefined; text: string } {
  const fraction = total === undefined || total === 0 ? undefined : Math.min(1, stats.bytesIn / total)
  const percent = fraction === undefined ? '' : `${Math.floor(fraction * 100)} %, `
  const rate = `${formatBytes(stats.bytesIn / seconds)}/s`
  const left =
    fraction === undefined || fraction === 0 ? '' : `, ETA ${formatDuration((seconds * (1 - fraction)) / fraction)}`
  return {
    fraction,
    text: `${percent}${formatCountOf(stats.records, 'record')}, ${formatBytes(stats.bytesIn)}, ${rate}${left}`,
  }
}

function drawBar(fraction: number | undefined): string {
  if (fraction === undefined) return ''
  const full = Math.round(fraction * BAR_CELLS)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} `
}
