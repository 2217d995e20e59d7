import { type Logger, pino } from 'pino'

import { escapeText } from './escape-text.ts'
import type { Terminal } from './terminal.ts'

/** How log lines look: for people, or pino's JSON. */
export type LogFormat = 'text' | 'json'

/** The levels that `--log-level` takes. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Makes the logger of a run: pino, on standard error. Of an error only its name, code and message are written. */
export function createLogger(terminal: Terminal, format: LogFormat, level: (typeof LOG_LEVELS)[number]): Logger {
  const line = format === 'json' ? (json: string) => escapeText(json) : toText
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError, error: plainError },
    },
    { write: (json: string) => { terminal.line(line(json.trimEnd())) } },
  )
}

/** Fields that a message says in words as well. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(['time', 'code', 'line', 'progress'])

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  const { name, message } = error
  const { code } = error as { code?: unknown }
  return { name, message, ...(typeof code === 'string' && { code }) }
}

function toText(json: string): string {
  const { level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  const mark = level === 'info' ? '' : `${String(level)}: `
  const rest = Object.entries(fields)
    .filter(([name]) => !FOR_PROGRAMS.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return escapeText(`keyfold: ${mark}${typeof msg === 'string' ? msg : ''}${rest.join('')}`)
}
