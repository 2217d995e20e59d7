import { isUint8Array } from 'node:util/types'

import type { KafkaRecord, RecordHeader } from '../types.ts'

/**
 * Checks the shapes that record encryption reads. Byte arrays of other realms count too.
 *
 * @throws TypeError for the first wrong one, naming its path.
 */
export function checkRecords(records: unknown): asserts records is readonly KafkaRecord[] {
  if (!Array.isArray(records)) throw wrong('records', 'an array of records', records)
  for (let i = 0; i < records.length; i++) checkRecord(records[i], i)
}

/** Checks the record at `i` of what is called `name`. @throws TypeError naming its path. */
export function checkRecord(record: unknown, i: number, name = 'records'): asserts record is KafkaRecord {
  if (typeof record !== 'object' || record === null) throw wrong(`${name}[${i}]`, 'a record', record)
  const { key, value, headers } = record as Record<string, unknown>
  if (value !== null && !isUint8Array(value)) throw wrong(`${name}[${i}].value`, 'a Uint8Array or null', value)
  if (key !== undefined && key !== null && !isUint8Array(key)) throw wrong(`${name}[${i}].key`, 'a Uint8Array or null', key)
  if (headers !== undefined) checkHeaders(headers, `${name}[${i}].headers`)
}

function checkHeaders(headers: unknown, path: string): asserts headers is readonly RecordHeader[] {
  if (!Array.isArray(headers)) throw wrong(path, 'an array of { key, value }', headers)
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i] as Record<string, unknown> | null | undefined
    if (typeof header !== 'object' || header === null) throw wrong(`${path}[${i}]`, '{ key, value }', header)
    // Unpaired surrogates have no UTF-8 and would become another name on the wire.
    if (typeof header['key'] !== 'string' || !header['key'].isWellFormed()) throw wrong(`${path}[${i}].key`, 'a well-formed string', header['key'])
    if (header['value'] !== null && !isUint8Array(header['value'])) throw wrong(`${path}[${i}].value`, 'a Uint8Array or null', header['value'])
  }
}

function wrong(path: string, expected: string, got: unknown): TypeError {
  const what = got === null ? 'null' : Array.isArray(got) ? 'an array' : typeof got
  return new TypeError(`"${path}" expected ${expected}, got ${what}`)
}
