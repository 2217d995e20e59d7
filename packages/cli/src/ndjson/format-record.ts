import { isUtf8 } from 'node:buffer'

import { formatData } from './data.ts'
import { formatInt64 } from './integers.ts'
import { compactJson, MAX_DEPTH, scanJson } from './json-text.ts'
import { NdjsonError } from './ndjson-error.ts'
import type { NdjsonHeader, NdjsonRecord, ValueMode } from './ndjson-record.ts'
import { MIN_OFFSET, MIN_TIMESTAMP } from './record-members.ts'
import { asBuffer } from './views.ts'

/** Options of {@link formatRecord}. */
export interface FormatOptions {
  readonly valueMode: ValueMode
  /** Number of the line that the record came from, for errors. */
  readonly line: number
}

/**
 * Formats a record as one line, without a line end. The record is neither kept nor changed; members that are not of
 * `NdjsonRecord` are left out, and so are headers where there are none.
 *
 * With `json` the value is written as it is, without insignificant whitespace. Bytes that are not JSON are rejected, and so is
 * the text `null`: the line would be read as a tombstone.
 *
 * @throws NdjsonError of scope `line`, for a record that no line can hold.
 */
export function formatRecord(record: NdjsonRecord, options: FormatOptions): string {
  const { line, valueMode } = options
  let text = `{"topic":${JSON.stringify(record.topic)}`
  if (record.partition !== undefined) text += `,"partition":${record.partition}`
  if (record.offset !== undefined) text += `,"offset":${formatInt64(record.offset, 'offset', MIN_OFFSET, line)}`
  if (record.timestamp !== undefined)
    text += `,"timestamp":${formatInt64(record.timestamp, 'timestamp', MIN_TIMESTAMP, line)}`
  text += `,"key":${formatData(record.key)},"value":`
  text += valueMode === 'json' ? formatJson(record.value, line) : formatData(record.value)
  if (record.headers !== undefined && record.headers.length > 0)
    text += `,"headers":[${formatHeaders(record.headers, line)}]`
  return `${text}}`
}

function formatHeaders(headers: readonly NdjsonHeader[], line: number): string {
  return headers
    .map(({ key, value }, index) => {
      if (!key.isWellFormed()) {
        const path = `$.headers[${index}].key`
        throw new NdjsonError(`"${path}" expected text, got a string with half of a surrogate pair`, { line, path })
      }
      return `{"key":${JSON.stringify(key)},"value":${formatData(value)}}`
    })
    .join()
}

function formatJson(value: Uint8Array | null, line: number): string {
  if (value === null) return 'null'
  const buffer = asBuffer(value)
  const { depth, spaces } = scanJson(buffer)
  const text = buffer.toString('utf8')
  if (depth > MAX_DEPTH || !isUtf8(buffer) || !isJson(text)) {
    throw reject('JSON text', 'bytes that are not, or that nest too deeply', line)
  }
  const json = spaces === 0 ? text : compactJson(buffer).toString('utf8')
  if (json === 'null') throw reject('JSON text that no tombstone has', 'the text null', line)
  return json
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function reject(expected: string, got: string, line: number): NdjsonError {
  return new NdjsonError(
    `"$.value" expected ${expected}, got ${got}; without --value json it is written as a string or base64`,
    {
      line,
      path: '$.value',
    },
  )
}
