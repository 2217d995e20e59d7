import { Buffer, isUtf8 } from 'node:buffer'

import { duplicateMember } from './duplicate-member.ts'
import { compactJson, MAX_DEPTH, scanJson, type TextScan } from './json-text.ts'
import { NdjsonError } from './ndjson-error.ts'
import type { NdjsonRecord, ValueMode } from './ndjson-record.ts'
import { readMembers } from './record-members.ts'
import { rejectRounded } from './rounded-member.ts'
import { encodingError, syntaxError } from './syntax-error.ts'
import { asBuffer } from './views.ts'

/** Options of {@link parseRecordLine}. */
export interface ParseOptions {
  /** Number of the line, for errors. */
  readonly line: number
  readonly valueMode: ValueMode
  /** Used instead of the line's own `topic`, which may then be missing. Must be a legal topic name. */
  readonly topic?: string | undefined
  /** Accepts a line without a topic, whose record then has an empty one. */
  readonly withoutTopic?: boolean | undefined
}

/**
 * Parses one line. The bytes are neither kept nor changed; the record's buffers are the caller's.
 *
 * With `json` the value's bytes are the line's own JSON text without insignificant whitespace: numbers, escapes and repeated
 * names inside of it stay as they were written, and only `null` is a tombstone.
 *
 * @throws NdjsonError of scope `line`, when the line is not exactly one record.
 */
export function parseRecordLine(bytes: Uint8Array, options: ParseOptions): NdjsonRecord {
  const buffer = asBuffer(bytes)
  const { line, topic, valueMode, withoutTopic } = options
  if (!isUtf8(buffer)) throw encodingError(buffer, line)
  const scan = scanJson(buffer)
  if (scan.depth > MAX_DEPTH)
    throw new NdjsonError(`"$" expected at most ${MAX_DEPTH} levels of nesting, got more`, { line })
  const text = buffer.toString('utf8')
  const json = valueMode === 'json'
  const { record, strings } = readMembers(parseLine(text, line), { line, topic, json, withoutTopic })
  // JSON.parse drops all but the last of several members of one name, with at least the string that names it. So
  // the text has more strings than the record, and only then.
  if (scan.strings - (json ? (scan.value?.strings ?? 0) : 0) !== strings) throw duplicateMember(text, line, json)
  if (scan.fractions) rejectRounded(text, line)
  if (!json || record.value === null) return record
  return { ...record, value: valueText(buffer, scan.value) }
}

function parseLine(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw syntaxError(text, line)
  }
}

function valueText(line: Buffer, span: TextScan['value']): Buffer {
  const json = line.subarray(span?.start, span?.end)
  return span?.spaces === 0 ? Buffer.from(json) : compactJson(json)
}
