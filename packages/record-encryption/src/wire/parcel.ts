import { Buffer } from 'node:buffer'

import { ByteReader, uvarintLength, writeUvarint, writeZvarint, zvarintLength } from '@keyfold/kms-api/bytes'

import type { RecordHeader } from '../types.ts'
import { lengthOf } from './byte-view.ts'
import { MAX_RECORD_HEADERS } from './record-limits.ts'
import { asMalformed, WireError } from './wire-error.ts'

// parcel          = value-section headers-section [ trailer ]   ; version 1: what is encrypted. The trailer is in trailer.ts
// value-section   = ZV *OCTET                                   ; its length; -1 is a null value, -2 no value
// headers-section = ZV *header                                  ; their number; -1 is null, read as none; -2 the headers stayed outside
// header          = UV name ZV *OCTET                           ; the name's length is unsigned, the value's is zig-zag, -1 is null

const NULL = -1
const ABSENT = -2
/** The ZV of -2, in one byte. */
const ABSENT_BYTE = 0x03
/** The minimum length of a header: two lengths. */
const MIN_HEADER = 2

/** Returns the length of a parcel without a trailer. `headers` is absent if they stay outside. */
export function parcelLength(value: Uint8Array, headers: readonly RecordHeader[] | undefined): number {
  const size = lengthOf(value)
  let length = zvarintLength(size) + size
  if (headers === undefined) return length + 1
  length += zvarintLength(headers.length)
  for (const header of headers) {
    const name = Buffer.byteLength(header.key)
    length += uvarintLength(name) + name
    const bytes = header.value === null ? 0 : lengthOf(header.value)
    length += zvarintLength(bytes) + bytes
  }
  return length
}

/** Writes a parcel without a trailer, {@link parcelLength} bytes. Returns the offset after it. */
export function writeParcel(
  target: Uint8Array,
  offset: number,
  value: Uint8Array,
  headers: readonly RecordHeader[] | undefined,
): number {
  const size = lengthOf(value)
  let at = writeZvarint(target, offset, size)
  target.set(value, at)
  at += size
  if (headers === undefined) {
    target[at] = ABSENT_BYTE
    return at + 1
  }
  at = writeZvarint(target, at, headers.length)
  for (const header of headers) {
    const name = Buffer.from(header.key)
    at = writeUvarint(target, at, name.length)
    target.set(name, at)
    const bytes = header.value === null ? NULL : lengthOf(header.value)
    at = writeZvarint(target, at + name.length, bytes)
    if (header.value !== null) {
      target.set(header.value, at)
      at += bytes
    }
  }
  return at
}

/** The contents of a parcel. Values are views of its bytes. */
export interface Parcel {
  /** `undefined` when the parcel holds no value at all. */
  readonly value: Uint8Array | null | undefined
  /** `undefined` when the headers stayed outside. */
  readonly headers: RecordHeader[] | undefined
  /** Where a trailer may start. */
  readonly end: number
}

/**
 * Reads the parcel in `bytes` from `start` to `end`, by the Java reader's rules. A number that is read never allocates.
 *
 * @throws WireError `malformed`.
 */
export function parseParcel(bytes: Buffer, start: number, end: number): Parcel {
  try {
    return readParcel(new ByteReader(bytes, start, end), bytes)
  } catch (error) {
    throw asMalformed('parcel', error)
  }
}

function readParcel(reader: ByteReader, bytes: Buffer): Parcel {
  const value = readBytes(reader, bytes, 'value')
  const count = reader.zvarint()
  if (count === ABSENT) return { value, headers: undefined, end: reader.position }
  if (count < NULL || count > reader.remaining / MIN_HEADER)
    throw new WireError('malformed', 'the parcel claims more headers than it has bytes for')
  if (count > MAX_RECORD_HEADERS)
    throw new WireError('too-large', `the record has ${count} encrypted headers, more than ${MAX_RECORD_HEADERS}`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) headers.push(readHeader(reader, bytes))
  return { value, headers, end: reader.position }
}

function readBytes(reader: ByteReader, bytes: Buffer, what: string): Uint8Array | null | undefined {
  const length = reader.zvarint()
  if (length === NULL) return null
  if (length === ABSENT) return undefined
  if (length < 0) throw new WireError('malformed', `the parcel has a ${what} of negative length`)
  const at = reader.skip(length)
  return bytes.subarray(at, at + length)
}

function readHeader(reader: ByteReader, bytes: Buffer): RecordHeader {
  const length = reader.uvarint()
  const at = reader.skip(length)
  const value = readBytes(reader, bytes, 'header')
  if (value === undefined) throw new WireError('malformed', 'the parcel has a header of negative length')
  // Ill-formed UTF-8 becomes replacement characters, as in Java; a BOM stays.
  return { key: length === 0 ? '' : bytes.toString('utf8', at, at + length), value }
}
