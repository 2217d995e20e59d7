import { pino, type Logger } from 'pino'

import { escapeText } from '@keyfold/kms-api'

import { printableError } from '../errors/printable-error.ts'
import type { Terminal } from './terminal.ts'

/** How log lines look: for people, or pino's JSON. */
export type LogFormat = 'text' | 'json'

/** The levels that `--log-level` takes. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Creates the logger of a run: pino, on standard error. Of an error only what {@link printableError} takes is written, under whichever name it stands. */
export function createLogger(terminal: Terminal, format: LogFormat, level: (typeof LOG_LEVELS)[number]): Logger {
  const line = format === 'json' ? (json: string) => escapeText(json) : toText
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        logMethod(args, method) {
          // pino would take the message of an error for that of the line.
          method.apply(this, withoutErrors(args) as typeof args)
        },
      },
    },
    {
      write: (json: string) => {
        terminal.line(line(json.trimEnd()))
      },
    },
  )
}

/** Fields that a message says in words as well. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(['time', 'code', 'line', 'progress'])

function withoutErrors([first, ...rest]: readonly unknown[]): unknown[] {
  if (typeof first !== 'object' || first === null) return [first, ...rest]
  const fields = Object.entries(first instanceof Error ? { err: first } : first)
  const printable = fields.map(([name, value]): [string, unknown] => [
    name,
    value instanceof Error ? printableError(value) : value,
  ])
  return [Object.fromEntries(printable), ...rest]
}

function toText(json: string): string {
  const { level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  const mark = level === 'info' ? '' : `${String(level)}: `
  const rest = Object.entries(fields)
    .filter(([name]) => !FOR_PROGRAMS.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return escapeText(`keyfold: ${mark}${typeof msg === 'string' ? msg : ''}${rest.join('')}`)
}
