import { Buffer } from 'node:buffer'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'

import { pino } from 'pino'

/** Everything that a program prints things with: what each makes of `value`. A sink that throws has printed what its error says. */
export function printed(value: unknown): string {
  return SINKS.map((sink) => attempt(() => sink(value))).join('\n')
}

const options = {
  showHidden: true,
  depth: 10,
  getters: true,
  showProxy: true,
  maxArrayLength: null,
  maxStringLength: null,
  breakLength: Infinity,
} as const

const SINKS: readonly ((value: unknown) => string)[] = [
  (value) => inspect(value),
  (value) => inspect(value, options),
  (value) => inspect({ deep: [value, new Map([['key', value]]), new Set([value])] }, options),
  (value) => format('%s %o %O %j', value, value, value, value),
  (value) => JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
  (value) =>
    JSON.stringify({ ...(value as object) }, (_, inner: unknown) =>
      typeof inner === 'bigint' ? String(inner) : inner,
    ),
  (value) => String(value),
  (value) => (value as { readonly stack?: string }).stack ?? '',
  (value) =>
    logged((logger) => {
      logger.info({ value, err: value }, 'a message')
    }),
  (value) =>
    logged((logger) => {
      logger.error(value as object)
    }),
  (value) =>
    logged((logger) => {
      logger
        .child({ bound: value as object })
        .warn({ deep: { deeper: { value } } }, '%o %j', value as object, value as object)
    }),
  (value) =>
    JSON.stringify(
      Reflect.ownKeys(value as object).map((key) => [
        String(key),
        inspect((value as Record<PropertyKey, unknown>)[key], options),
      ]),
    ),
  (value) => inspect(structuredClone(value), options),
  (value) =>
    Object.entries(value as object)
      .flat()
      .map((part) => inspect(part, options))
      .join(),
]

function logged(log: (logger: pino.Logger) => void): string {
  const lines: string[] = []
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      lines.push(Buffer.from(chunk).toString())
      done()
    },
  })
  log(pino({ level: 'trace' }, sink))
  if (lines.length === 0) throw new Error('expected a line of the log')
  return lines.join('')
}

function attempt(print: () => string): string {
  try {
    return print()
  } catch (error) {
    return inspect(error, options)
  }
}

/** Something that must not be printed, in each way in which bytes are. */
export interface Canary {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The canaries that stand in a text, whole or in part: as bytes, hex, base64, base64url, or a list of numbers. */
export function canariesIn(text: string, canaries: readonly Canary[]): string[] {
  const lower = text.toLowerCase()
  // inspect() sets numbers in columns, and pino writes the end of a line as two characters.
  const spaced = lower.replace(/(?:\s|\\n)+/g, ' ')
  const found: string[] = []
  for (const { name, bytes } of canaries) {
    for (const [form, needle, hay] of formsOf(bytes, text, lower, spaced))
      if (hay.includes(needle)) found.push(`${name} as ${form}`)
  }
  return found
}

/** A run of 8 bytes is a leak too: each form is looked for at the beginning and at the end. */
function formsOf(
  bytes: Uint8Array,
  text: string,
  lower: string,
  spaced: string,
): (readonly [form: string, needle: string, hay: string])[] {
  const parts = [bytes, bytes.subarray(0, 9), bytes.subarray(-9)].map((part) => Buffer.from(part))
  return parts.flatMap(
    (part) =>
      [
        ['text', part.toString('latin1'), text],
        ['utf8', part.toString('utf8'), text],
        ['hex', part.toString('hex'), lower],
        ['spaced hex', part.toString('hex').replace(/..(?=.)/g, '$& '), spaced],
        ['base64', part.toString('base64').replace(/=+$/, ''), text],
        ['base64url', part.toString('base64url'), text],
        ['numbers', part.join(','), text],
        ['spaced numbers', part.join(', '), spaced],
        ['members', JSON.stringify(new Uint8Array(part)).slice(1, -1), text],
      ] as const,
  )
}
