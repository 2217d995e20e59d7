import { describeType } from '@keyfold/kms-api'

import { NdjsonError } from './ndjson-error.ts'

const MAX_INT64 = 2n ** 63n - 1n
const INT32 = 'an integer from 0 to 2147483647'
const int64From = (min: number): string =>
  `an integer from ${min} to 2^63 - 1, as a number below 2^53 or as a decimal string`
const NUMBER = /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/

function reject(name: string, range: string, got: string, line: number): never {
  throw new NdjsonError(`"$.${name}" expected ${range}, got ${got}`, { line, path: `$.${name}` })
}

function describeNumber(value: unknown): string {
  if (typeof value !== 'number') return describeType(value)
  return Number.isInteger(value) ? 'another number' : 'a fraction'
}

/** Parses a partition: an int32 that is not negative. */
export function parsePartition(value: unknown, line: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff) return value + 0
  return reject('partition', INT32, describeNumber(value), line)
}

/** Parses an int64 of at least `min`: a number below 2^53 or a decimal string; gives a number where it loses no digit, else the string. */
export function parseInt64(value: unknown, name: string, min: number, line: number): number | string {
  // "+ 0" makes a zero of minus zero.
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value + 0
  if (typeof value === 'string') {
    const exact = parseDecimal(value)
    if (exact !== undefined && exact >= BigInt(min) && exact <= MAX_INT64)
      return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : value
  }
  return reject(name, int64From(min), typeof value === 'string' ? 'another string' : describeNumber(value), line)
}

/** Rejects the text of a number that is not an integer, although the number that it was rounded to may be one: `0.99999999999999999999`. */
export function expectInteger(text: string, name: string, min: number, line: number): void {
  if (!isInteger(text)) reject(name, name === 'partition' ? INT32 : int64From(min), 'a fraction', line)
}

function isInteger(text: string): boolean {
  const [, digits = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? []
  const all = digits + fraction
  // No pattern: of a line of zeros it would try every one.
  let zeros = 0
  while (zeros < all.length && all.at(-1 - zeros) === '0') zeros++
  return zeros === all.length || zeros >= fraction.length - Number(exponent)
}

/** Only the one way to write an integer, and none that is too long for an int64. */
function parseDecimal(text: string): bigint | undefined {
  return /^(?:0|-?[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : undefined
}

/** Writes an int64 the way that {@link parseInt64} reads it. */
export function formatInt64(value: number | bigint | string, name: string, min: number, line: number): string {
  const text = String(value)
  const exact = parseDecimal(text)
  if (exact !== undefined) {
    if (exact >= BigInt(min) && exact <= MAX_INT64 && (typeof value !== 'number' || Number.isSafeInteger(value))) {
      return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? text : `"${text}"`
    }
  }
  return reject(name, `an integer from ${min} to 2^63 - 1 without lost digits`, describeType(value), line)
}
