import { isUint8Array } from 'node:util/types'

import type { KafkaRecord, RecordHeader } from '../types.ts'

/**
 * What a record was when the call began, each member read once. Between checking and sealing the KMS may be asked: a record that its owner
 * changes in the meantime, or whose members are computed, must not become another one on the way.
 */
export interface RecordSnapshot<R extends KafkaRecord = KafkaRecord> {
  /** What else the record has is copied from here. */
  readonly source: R
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly partition: KafkaRecord['partition']
  readonly offset: KafkaRecord['offset']
}

const NONE: readonly RecordHeader[] = Object.freeze([])

/**
 * Checks the shapes that record encryption reads, and takes them. Byte arrays of other realms count too; they stay the caller's.
 *
 * @throws TypeError for the first wrong one, naming its path.
 */
export function snapshotRecords<R extends KafkaRecord>(records: readonly R[]): RecordSnapshot<R>[] {
  if (!Array.isArray(records)) throw wrong('records', 'an array of records', records)
  const taken: RecordSnapshot<R>[] = []
  for (let i = 0; i < records.length; i++) taken.push(snapshotRecord(records[i] as R, i))
  return taken
}

/** Takes the record at `i` of what is called `name`. @throws TypeError naming its path. */
export function snapshotRecord<R extends KafkaRecord>(record: R, i: number, name = 'records'): RecordSnapshot<R> {
  if (typeof record !== 'object' || (record as unknown) === null) throw wrong(`${name}[${i}]`, 'a record', record)
  const { key, value, headers, partition, offset } = record
  if (value !== null && !isBytes(value)) throw wrong(`${name}[${i}].value`, 'a Uint8Array or null', value)
  if (key !== undefined && key !== null && !isBytes(key)) throw wrong(`${name}[${i}].key`, 'a Uint8Array or null', key)
  return { source: record, key: key ?? null, value, headers: snapshotHeaders(headers, name, i), partition, offset }
}

function snapshotHeaders(given: KafkaRecord['headers'], name: string, index: number): readonly RecordHeader[] {
  if (given === undefined) return NONE
  // Written only where something is wrong: a path for each record would cost more than the checks.
  const path = (): string => `${name}[${index}].headers`
  if (!Array.isArray(given)) throw wrong(path(), 'an array of { key, value }', given)
  const { length } = given
  if (length === 0) return NONE
  // No `slice()`: of a frozen array, as `encrypt` hands out, it costs as much as all the rest here.
  const headers: RecordHeader[] = []
  for (let i = 0; i < length; i++) {
    const header = (given as readonly unknown[])[i] as Record<string, unknown> | null | undefined
    if (typeof header !== 'object' || header === null) throw wrong(`${path()}[${i}]`, '{ key, value }', header)
    // Unpaired surrogates have no UTF-8 and would become another name on the wire.
    if (typeof header['key'] !== 'string' || !header['key'].isWellFormed())
      throw wrong(`${path()}[${i}].key`, 'a well-formed string', header['key'])
    if (header['value'] !== null && !isBytes(header['value']))
      throw wrong(`${path()}[${i}].value`, 'a Uint8Array or null', header['value'])
    headers.push(header as unknown as RecordHeader)
  }
  return headers
}

/** `instanceof` decides for almost all at once; the rest are of other realms, or no bytes. */
function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || isUint8Array(value)
}

function wrong(path: string, expected: string, got: unknown): TypeError {
  const what = got === null ? 'null' : Array.isArray(got) ? 'an array' : typeof got
  return new TypeError(`"${path}" expected ${expected}, got ${what}`)
}
