import { Buffer, isUtf8 } from 'node:buffer'

import { describeType } from '@keyfold/kms-api'

import { NdjsonError } from './ndjson-error.ts'
import { asBuffer } from './views.ts'

/** The number of strings of the line that a parsed datum contains. */
export function countStrings(datum: unknown): number {
  if (typeof datum === 'string') return 1
  return datum === null ? 0 : 2
}

/** Parses null, a string or `{"base64":"…"}`. The result is a buffer of its own. */
export function parseData(datum: unknown, line: number, path: string): Buffer | null {
  if (datum === null) return null
  if (typeof datum === 'string') return parseText(datum, line, path)
  if (typeof datum === 'object' && !Array.isArray(datum)) {
    const names = Object.keys(datum)
    if (names.length === 1 && names[0] === 'base64')
      return parseBase64((datum as { base64: unknown }).base64, line, `${path}.base64`)
  }
  // Names of members are not shown: they belong to a value if the user forgot --value json.
  const hint = path === '$.value' ? '; values that are JSON need --value json' : ''
  throw new NdjsonError(`"${path}" expected null, a string or {"base64":"…"}, got ${describeDatum(datum)}${hint}`, {
    line,
    path,
  })
}

/** Rejects strings with half of a surrogate pair, which have no UTF-8. */
export function expectWellFormed(text: string, line: number, path: string): void {
  if (text.isWellFormed()) return
  throw new NdjsonError(`"${path}" expected text, got a string with half of a surrogate pair`, { line, path })
}

function parseText(text: string, line: number, path: string): Buffer {
  expectWellFormed(text, line, path)
  // Text with as many bytes as characters is ASCII, which is much faster to copy.
  return Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8')
}

function parseBase64(text: unknown, line: number, path: string): Buffer {
  if (typeof text !== 'string')
    throw new NdjsonError(`"${path}" expected a base64 string, got ${describeType(text)}`, { line, path })
  const bytes = Buffer.from(text, 'base64')
  // Node's decoder accepts almost anything. Encoding again proves that the text was canonical.
  if (bytes.toString('base64') === text) return bytes
  throw new NdjsonError(`"${path}" expected canonical base64 (A-Z a-z 0-9 + /, padded), got other text`, { line, path })
}

function describeDatum(datum: unknown): string {
  return typeof datum === 'object' && datum !== null && !Array.isArray(datum)
    ? 'an object of other members'
    : describeType(datum)
}

/** Writes bytes as a JSON string if they are UTF-8, as `{"base64":"…"}` if not. */
export function formatData(bytes: Uint8Array | null | undefined): string {
  if (bytes === null || bytes === undefined) return 'null'
  const buffer = asBuffer(bytes)
  // Buffer's decoder keeps a byte order mark, so that valid UTF-8 always comes back as it was.
  return isUtf8(buffer) ? JSON.stringify(buffer.toString('utf8')) : `{"base64":"${buffer.toString('base64')}"}`
}
