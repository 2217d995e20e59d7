import { Buffer } from 'node:buffer'

import { RegionTable, type Dek } from '@keyfold/kms-api'

import { UNBOUND } from '../binding/binding-verifier.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import { Rejected, wireRejection, type Rejection } from '../records/rejection.ts'
import { HEADER_COST, SLAB_BYTES, Slice, SLICE_RECORDS } from '../records/slice.ts'
import { headersThatLeave, type RecordSnapshot } from '../records/snapshot-record.ts'
import type { ReadContext } from '../topics/read-contexts.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { DecryptedInfo, DecryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'
import { lengthOf, viewOf } from '../wire/byte-view.ts'
import { findMarker } from '../wire/marker.ts'
import { parseParcel, type Parcel } from '../wire/parcel.ts'
import { IV_LENGTH, TAG_LENGTH } from '../wire/wrapper.ts'
import { isLocated, type Classified } from './classify.ts'
import type { EdekRejection, LocatedRecord } from './edek-table.ts'

const CLEAR: DecryptedInfo = Object.freeze({ status: 'clear', bound: Object.freeze([]) })
const OVERHEAD = IV_LENGTH + TAG_LENGTH
const AUTHENTICATION: Rejection = {
  code: 'RECORD_AUTHENTICATION',
  message: 'the record does not authenticate under the DEK of its EDEK: it was changed',
}
const NO_VALUE: Rejection = { code: 'RECORD_MALFORMED', message: 'the encrypted parcel holds no value' }
const TOMBSTONE: Rejection = {
  code: 'RECORD_TOMBSTONE',
  message: 'the record is an encrypted tombstone, and the rule for this topic rejects tombstones',
}
const NESTED: Rejection = {
  code: 'RECORD_NESTED',
  message: 'the record is encrypted more than once; set "nested: allow" to decrypt it layer by layer',
}
// Never in use twice at a time: a slice is synchronous.
const regions = RegionTable.ofCapacity(SLICE_RECORDS)
const status = new Uint8Array(SLICE_RECORDS)

/** A snapshot that becomes the returned record. */
type Opening = RecordSnapshot & { keyfold?: DecryptedInfo }

/** Copies records into slabs, has them decrypted there and reads them, a slice at a time. Never decrypts in the caller's memory. */
export class SliceDecrypter<R extends KafkaRecord> {
  readonly #plan: TopicPlan
  readonly #batch: RecordBatch<R>
  readonly #classified: readonly Classified[]
  /** One for each record so far, in order. */
  readonly results: (DecryptedRecord<R> | Rejected)[] = []
  /** Records that were decrypted and had no binding trailer. */
  unbound = 0

  constructor(plan: TopicPlan, batch: RecordBatch<R>, classified: readonly Classified[]) {
    this.#plan = plan
    this.#batch = batch
    this.#classified = classified
  }

  /**
   * Decrypts the next records, up to a slice. Synchronous.
   *
   * @returns whether it was the last slice.
   * @throws TypeError for a record whose bytes changed in number since the call started.
   */
  decryptSlice(): boolean {
    const end = this.#classified.length
    const slice = new Slice()
    while (this.results.length < end) {
      const from = this.results.length
      const [to, size] = this.#fillSlab(from, end, slice)
      if (to === from) return false
      this.#decryptSlab(from, to, size, slice)
    }
    return true
  }

  /** Takes records until a slab, or the slice, is full. */
  #fillSlab(from: number, end: number, slice: Slice): [to: number, size: number] {
    let size = 0
    let to = from
    for (; to < end; to++) {
      const located = this.#locatedAt(to)
      const length = located === undefined ? 0 : this.#encryptedLength(to, located)
      if (size > 0 && size + length > SLAB_BYTES) break
      if (!slice.take(length + this.#batch.costBeside(to))) break
      size += length
    }
    return [to, size]
  }

  #decryptSlab(from: number, to: number, size: number, slice: Slice): void {
    // Every byte is written below, so no old memory is exposed.
    const slab = Buffer.allocUnsafeSlow(size)
    this.#layOut(slab, from, to)
    let region = 0
    for (let i = from; i < to; i++) {
      const classified = this.#classified[i] as Classified
      const record = this.#batch.records[i] as Opening
      if (classified === 'clear') this.#accept(record, record.value, headersThatLeave(record), CLEAR)
      else if (!isLocated(classified)) this.results.push(new Rejected(classified))
      // Without a DEK there is a rejection: unwrapEdeks rejects the call otherwise.
      else if (classified.entry.dek === undefined)
        this.results.push(new Rejected(classified.entry.rejection as EdekRejection))
      else this.#read(slab, region++, record, classified, slice)
    }
  }

  /** Copies IV, text and tag of each record and decrypts runs of the same DEK. */
  #layOut(slab: Buffer, from: number, to: number): void {
    regions.clear()
    let at = 0
    let runStart = 0
    let runDek: Dek | undefined
    for (let i = from; i < to; i++) {
      const located = this.#locatedAt(i)
      if (located === undefined) continue
      if (located.entry.dek !== runDek) {
        openRun(slab, runDek, runStart)
        runStart = regions.count
        runDek = located.entry.dek
      }
      const value = (this.#batch.records[i] as RecordSnapshot).value as Uint8Array
      const end = lengthOf(value)
      slab.set(viewOf(value, located.ivStart, end), at)
      const length = end - located.ivStart - OVERHEAD
      regions.add(at, at + IV_LENGTH, length, at + IV_LENGTH + length)
      at += length + OVERHEAD
    }
    openRun(slab, runDek, runStart)
  }

  #read(slab: Buffer, region: number, record: Opening, located: LocatedRecord, slice: Slice): void {
    if (status[region] !== 0) {
      this.results.push(new Rejected(AUTHENTICATION))
      return
    }
    const start = regions.textOffset(region)
    const end = start + regions.textLength(region)
    const rejection = this.#tryReadParcel(slab, start, end, record, located, slice)
    if (rejection === undefined) return
    // Its neighbours in the slab are returned, and share its memory.
    slab.fill(0, start, end)
    this.results.push(new Rejected(rejection))
  }

  #tryReadParcel(
    slab: Buffer,
    start: number,
    end: number,
    record: Opening,
    located: LocatedRecord,
    slice: Slice,
  ): Rejection | undefined {
    try {
      const parcel = parseParcel(slab, start, end)
      slice.add(HEADER_COST * (parcel.headers?.length ?? 0))
      return this.#readParcel(slab, parcel, end, record, located)
    } catch (error) {
      return wireRejection(error)
    }
  }

  #readParcel(
    slab: Buffer,
    parcel: Parcel,
    end: number,
    record: Opening,
    { entry, markerIndex }: LocatedRecord,
  ): Rejection | undefined {
    const { value } = parcel
    if (value === undefined) return NO_VALUE
    const { rule, readContexts } = this.#plan
    if (value === null && rule.tombstones === 'reject') return TOMBSTONE
    const headers = headersOf(parcel, record, markerIndex)
    if (parcel.headers !== undefined && rule.nested === 'reject' && findMarker(headers) >= 0) return NESTED
    const { bindingVerifier } = readContexts[entry.context] as ReadContext
    const keyfold = bindingVerifier.verify(slab, parcel.end, end, record, headers)
    if ('field' in keyfold) return { code: 'RECORD_BINDING', message: keyfold.message, mismatch: keyfold }
    if (keyfold === UNBOUND) this.unbound++
    this.#accept(record, value, headers, keyfold)
    return undefined
  }

  /** The snapshot is the record that is returned. */
  #accept(record: Opening, value: Uint8Array | null, headers: readonly RecordHeader[], keyfold: DecryptedInfo): void {
    record.value = value
    record.headers = headers
    record.keyfold = keyfold
    this.results.push(record as unknown as DecryptedRecord<R>)
  }

  /** Returns the record at `i` if it has a DEK. */
  #locatedAt(i: number): LocatedRecord | undefined {
    const classified = this.#classified[i] as Classified
    return isLocated(classified) && classified.entry.dek !== undefined ? classified : undefined
  }

  /** The KMS may have been called since the record was snapshotted. */
  #encryptedLength(i: number, { ivStart }: LocatedRecord): number {
    this.#batch.checkUnchanged(i)
    return lengthOf((this.#batch.records[i] as RecordSnapshot).value as Uint8Array) - ivStart
  }
}

/** Decrypts the regions from `from` to the last one. */
function openRun(slab: Buffer, dek: Dek | undefined, from: number): void {
  const to = regions.count
  if (dek !== undefined && from < to)
    dek.openRegions(slab, regions.range(from, to), to - from, status.subarray(from, to))
}

/** Encrypted headers replace all outer headers; without them the outer headers stay, except for the marker. */
function headersOf({ headers }: Parcel, { headers: outer }: RecordSnapshot, markerIndex: number): RecordHeader[] {
  if (headers !== undefined) return headers
  return outer.length === 1 ? [] : [...outer.slice(0, markerIndex), ...outer.slice(markerIndex + 1)]
}
