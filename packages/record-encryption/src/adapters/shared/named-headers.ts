import { Buffer } from 'node:buffer'

import type { RecordHeader } from '../../records/kafka-record.ts'
import { MARKER_KEY } from '../../wire/marker.ts'
import { bufferOf, bytesOf, type ClientData } from './client-data.ts'

/** Headers as kafkajs and Confluent's client have them: one member a name, an array where the name is repeated. */
export type NamedHeaders = Readonly<Record<string, unknown>>

/**
 * Returns received headers as a list, in the order in which the client has them.
 *
 * Both clients put members of `Object.prototype` beside the value of a received header that is named like one (`constructor`, `__proto__`): what is
 * neither bytes, text nor null is left out.
 */
export function toHeaderList(headers: NamedHeaders | null | undefined): RecordHeader[] {
  if (headers === undefined || headers === null) return []
  const list: RecordHeader[] = []
  for (const key of Object.keys(headers)) {
    const value = headers[key]
    if (!Array.isArray(value)) list.push({ key, value: isData(value) ? bytesOf(value) : null })
    else
      for (const each of value as readonly unknown[])
        if (isData(each) || each === null) list.push({ key, value: bytesOf(each) })
  }
  return list
}

/** Returns headers to send as a list. What has a type that no client takes is kept, for record encryption to reject. */
export function toOutgoingHeaders(headers: NamedHeaders | null | undefined): RecordHeader[] {
  if (headers === undefined || headers === null) return []
  return Object.keys(headers).flatMap((key) => {
    const values: unknown = headers[key]
    const all = Array.isArray(values) ? (values as readonly unknown[]) : [values]
    return all.map((value) => ({ key, value: bytesOf(value as ClientData | null | undefined) }))
  })
}

/** Returns a list of headers as a client names them: Buffers, and null where there is no value. */
export function toNamedHeaders(list: readonly RecordHeader[]): Record<string, Buffer | (Buffer | null)[] | null> {
  // Most records have none left.
  if (list.length === 0) return {}
  const grouped = new Map<string, (Buffer | null)[]>()
  for (const { key, value } of list) {
    const values = grouped.get(key)
    if (values === undefined) grouped.set(key, [bufferOf(value)])
    else values.push(bufferOf(value))
  }
  const headers = {}
  for (const [name, values] of grouped) setHeader(headers, name, values.length === 1 ? (values[0] ?? null) : values)
  return headers
}

/**
 * Returns the headers of an encrypted message. Those that stay outside keep the types that the caller gave, because a partitioner may read them.
 *
 * @param given - the caller's headers.
 * @param before - the same as a list.
 * @param after - the headers of the encrypted record.
 */
export function headersToSend(
  given: NamedHeaders | null | undefined,
  before: readonly RecordHeader[],
  after: readonly RecordHeader[],
): Record<string, unknown> {
  const [marker] = after
  const isMarked = after.length === before.length + 1 && marker?.key === MARKER_KEY
  const outside = isMarked ? after.slice(1) : after
  // Whatever else record encryption made of the headers is what leaves.
  if (!sameHeaders(before, outside)) return toNamedHeaders(after)
  if (isMarked && Object.hasOwn(given ?? {}, MARKER_KEY)) return toNamedHeaders(after)
  const headers = {}
  if (isMarked) setHeader(headers, MARKER_KEY, bufferOf(marker.value))
  for (const name of Object.keys(given ?? {})) setHeader(headers, name, given?.[name])
  return headers
}

function sameHeaders(before: readonly RecordHeader[], after: readonly RecordHeader[]): boolean {
  if (before.length !== after.length) return false
  return before.every(({ key, value }, i) => {
    const other = after[i] as RecordHeader
    if (key !== other.key || (value === null) !== (other.value === null)) return false
    return value === other.value || (value !== null && other.value !== null && Buffer.compare(value, other.value) === 0)
  })
}

/** Sets an own member whatever its name: an assignment to `__proto__` would set the prototype. */
export function setHeader(headers: object, name: string, value: unknown): void {
  Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true })
}

function isData(value: unknown): value is ClientData {
  return typeof value === 'string' || value instanceof Uint8Array
}
