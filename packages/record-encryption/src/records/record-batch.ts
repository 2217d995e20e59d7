import { Buffer } from 'node:buffer'

import type { KafkaRecord, RecordHeader } from '../types.ts'
import { lengthOf } from '../wire/byte-view.ts'
import { MAX_RECORD_BYTES, MAX_RECORD_HEADERS } from '../wire/record-limits.ts'
import { HEADER_COST, SlicedLoop } from './slice.ts'
import { snapshotRecord, wrong, type RecordSnapshot } from './snapshot-record.ts'

/** Numbers kept of a record: length of its value and of its key, most bytes of its headers, lengths of their values in one number. */
const SIZES = 4
/** UTF-8 takes at most this many bytes for a UTF-16 code unit. */
const MAX_UTF8 = 3
/** A trailer, and two lengths for each header, are less. */
const MAX_OVERHEAD = 2 ** 18
const NULL = -1

/** The records of one call, snapshotted: the objects that leave, in order. */
export class RecordBatch<R extends KafkaRecord = KafkaRecord> {
  /** Complete after the last call of {@link RecordBatch.snapshotSlice}. */
  readonly records: RecordSnapshot<R>[] = []
  /** The caller's own records, for handlers; decisions are about their snapshots. */
  readonly given: readonly R[]
  readonly #sizes: number[] = []
  readonly #snapshots: SlicedLoop

  /**
   * @param records - read now; later changes of the array have no effect.
   * @throws TypeError if it is not an array.
   */
  constructor(records: readonly R[]) {
    if (!Array.isArray(records)) throw wrong('records', 'an array of records', records)
    const given: R[] = []
    for (let i = 0, { length } = records; i < length; i++) given.push(records[i] as R)
    this.given = given
    this.#snapshots = new SlicedLoop(given.length, (i) => this.#snapshot(given[i] as R, i))
  }

  /**
   * Snapshots the next records. Synchronous; most calls need one slice.
   *
   * @returns whether it was the last slice.
   * @throws TypeError for the first record that has the wrong shape, naming the path.
   */
  snapshotSlice(): boolean {
    return this.#snapshots.runSlice()
  }

  /** Returns how long the work on a record takes beside that on its value, in bytes: on its key and its headers. */
  costBeside(i: number): number {
    return this.#keyLength(i) + (this.#sizes[SIZES * i + 2] as number) + this.headerCost(i)
  }

  /** Returns how long it takes to look at the headers of a record, in bytes. */
  headerCost(i: number): number {
    return HEADER_COST * (this.records[i] as RecordSnapshot<R>).headers.length
  }

  /**
   * Returns how many bytes of a record may be encrypted, given its key and the headers that stay outside.
   *
   * @param outside - those headers.
   * @param except - the position of one among them that is not counted: the marker.
   */
  roomFor(i: number, outside: readonly RecordHeader[], except = -1): number {
    const key = this.#keyLength(i)
    const most = Math.max(this.#sizes[SIZES * i] as number, 0) + key + 2 * (this.#sizes[SIZES * i + 2] as number)
    // Counting in UTF-8 takes longer, and matters near the limit only.
    return most + MAX_OVERHEAD <= MAX_RECORD_BYTES
      ? MAX_RECORD_BYTES
      : MAX_RECORD_BYTES - key - bytesOf(outside, except)
  }

  /**
   * Checks that a record's bytes are as many as when it was snapshotted: the caller owns them, and the KMS may have been called since.
   *
   * @throws TypeError naming the path.
   */
  checkUnchanged(i: number): void {
    const { value, key, headers } = this.records[i] as RecordSnapshot<R>
    const at = SIZES * i
    if (lengthOrNull(value) !== this.#sizes[at]) throw changed(i, 'value')
    if (lengthOrNull(key) !== this.#sizes[at + 1]) throw changed(i, 'key')
    if (headers.length > 0 && lengthsOf(headers) !== this.#sizes[at + 3]) throw changed(i, 'headers')
  }

  #keyLength(i: number): number {
    return Math.max(this.#sizes[SIZES * i + 1] as number, 0)
  }

  #snapshot(record: R, i: number): number {
    const snapshot = snapshotRecord(record, i)
    this.records.push(snapshot)
    const { headers } = snapshot
    this.#sizes.push(lengthOrNull(snapshot.value), lengthOrNull(snapshot.key))
    if (headers.length === 0 || hasTooManyHeaders(headers)) this.#sizes.push(0, 0)
    else this.#sizes.push(mostBytesOf(headers), lengthsOf(headers))
    return hasTooManyHeaders(headers) ? 0 : HEADER_COST * headers.length
  }
}

/** Whether a record is rejected for the number of its headers. None of them has been read then. The marker, of which there may be one, is counted. */
export function hasTooManyHeaders(headers: readonly RecordHeader[]): boolean {
  return headers.length > MAX_RECORD_HEADERS + 1
}

function lengthOrNull(bytes: Uint8Array | null | undefined): number {
  return bytes === null || bytes === undefined ? NULL : lengthOf(bytes)
}

/** The lengths of the values in one number that another change than of all 2^32 possible ones alters. */
function lengthsOf(headers: readonly RecordHeader[]): number {
  let lengths = 0
  for (const { value } of headers) lengths = (Math.imul(lengths, 31) + lengthOrNull(value)) | 0
  return lengths
}

function mostBytesOf(headers: readonly RecordHeader[]): number {
  let bytes = 0
  for (const { key, value } of headers) bytes += MAX_UTF8 * key.length + (value === null ? 0 : lengthOf(value))
  return bytes
}

function bytesOf(headers: readonly RecordHeader[], except: number): number {
  let bytes = 0
  for (const [i, { key, value }] of headers.entries()) {
    if (i !== except) bytes += Buffer.byteLength(key) + (value === null ? 0 : lengthOf(value))
  }
  return bytes
}

function changed(index: number, field: string): TypeError {
  return new TypeError(`"records[${index}].${field}" must keep its length until the call has settled`)
}
