import { describeType } from '@keyfold/kms-api'

import type { EncryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'
import { byteView } from '../wire/byte-view.ts'
import { MAX_RECORD_HEADERS } from '../wire/record-limits.ts'

/**
 * A record as it was when it was snapshotted: a shallow copy of which each member was read once. The KMS may be called between checking and
 * encrypting it; whatever its owner does to the record meanwhile, or its members compute, what was checked and bound is what leaves.
 */
export type RecordSnapshot<R extends KafkaRecord = KafkaRecord> = Omit<R, keyof KafkaRecord> & {
  key?: Uint8Array | null | undefined
  value: Uint8Array | null
  headers: readonly RecordHeader[]
  partition?: KafkaRecord['partition']
  offset?: KafkaRecord['offset']
}

type Fields = { -readonly [K in keyof KafkaRecord]: KafkaRecord[K] } & { timestamp?: unknown }

const NONE: readonly RecordHeader[] = Object.freeze([])
/** The marker is not counted. */
const MAX_HEADERS = MAX_RECORD_HEADERS + 1

/**
 * Snapshots a record. Members of a prototype and hidden ones count for the fields that Kafka knows.
 *
 * @param i - its position in what is called `name`.
 * @throws TypeError naming the path of the first member that has the wrong type.
 */
export function snapshotRecord<R extends KafkaRecord>(record: R, i: number, name = 'records'): RecordSnapshot<R> {
  if (typeof record !== 'object' || (record as unknown) === null) throw wrong(`${name}[${i}]`, 'a record', record)
  const copy = readRecord(record) as Partial<Fields>
  const { key, value } = copy
  if (value !== null) {
    const view = byteView(value)
    if (view === undefined) throw wrong(`${name}[${i}].value`, 'a Uint8Array or null', value)
    if (view !== value) copy.value = view
  }
  if (key !== undefined && key !== null) {
    const view = byteView(key)
    if (view === undefined) throw wrong(`${name}[${i}].key`, 'a Uint8Array or null', key)
    if (view !== key) copy.key = view
  }
  copy.headers = snapshotHeaders(copy.headers, name, i)
  return copy as unknown as RecordSnapshot<R>
}

/** Reads each member of an object once, those that a spread copies and the fields that Kafka knows. */
export function readRecord<T extends object>(record: T): T {
  const copy = { ...record } as Partial<Fields>
  if (copy.key === undefined && !('key' in copy)) inherit(copy, record, 'key')
  if (copy.value === undefined && !('value' in copy)) inherit(copy, record, 'value')
  if (copy.headers === undefined && !('headers' in copy)) inherit(copy, record, 'headers')
  if (copy.partition === undefined && !('partition' in copy)) inherit(copy, record, 'partition')
  if (copy.offset === undefined && !('offset' in copy)) inherit(copy, record, 'offset')
  if (copy.timestamp === undefined && !('timestamp' in copy)) inherit(copy, record, 'timestamp')
  return copy as T
}

/** Reads a member that a spread does not copy. */
function inherit(copy: Partial<Fields>, record: object, field: keyof Fields): void {
  const value: unknown = (record as Partial<Fields>)[field]
  if (value !== undefined) Object.assign(copy, { [field]: value })
}

function snapshotHeaders(given: KafkaRecord['headers'], name: string, index: number): readonly RecordHeader[] {
  if (given === undefined) return NONE
  // Written only where something is wrong: a path for each record would cost more than the checks.
  const path = (): string => `${name}[${index}].headers`
  if (!Array.isArray(given)) throw wrong(path(), 'an array of { key, value }', given)
  const { length } = given
  if (length === 0) return NONE
  // Too many: the record is rejected for that, and nothing in it is read.
  if (length > MAX_HEADERS) return given as readonly RecordHeader[]
  const headers: RecordHeader[] = []
  for (let i = 0; i < length; i++) {
    const header = (given as readonly unknown[])[i] as Record<string, unknown> | null | undefined
    if (typeof header !== 'object' || header === null) throw wrong(`${path()}[${i}]`, '{ key, value }', header)
    const { key, value } = header
    // Unpaired surrogates have no UTF-8 and would become another name on the wire.
    if (typeof key !== 'string' || !key.isWellFormed()) throw wrong(`${path()}[${i}].key`, 'a well-formed string', key)
    const view = value === null ? null : byteView(value)
    if (view === undefined) throw wrong(`${path()}[${i}].value`, 'a Uint8Array or null', value)
    headers.push({ key, value: view })
  }
  return headers
}

export function wrong(path: string, expected: string, got: unknown): TypeError {
  return new TypeError(`"${path}" expected ${expected}, got ${describeType(got)}`)
}

/** Returns the headers of a record that leaves with those it came with. The caller may change them. */
export function headersThatLeave({ headers }: Pick<RecordSnapshot, 'headers'>): readonly RecordHeader[] {
  return headers === NONE ? [] : headers
}

/** Returns the snapshot as a result, without the `keyfold` member of an earlier `decrypt`. */
export function withoutInfo<R extends KafkaRecord>(snapshot: RecordSnapshot<R>): EncryptedRecord<R> {
  const record = snapshot as RecordSnapshot & { keyfold?: unknown }
  if (record.keyfold !== undefined) delete record.keyfold
  record.headers = headersThatLeave(record)
  return record as unknown as EncryptedRecord<R>
}
