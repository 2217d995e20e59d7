import { Buffer } from 'node:buffer'

import type { Dek } from '@keyfold/kms-api'

import { UNBOUND } from '../binding/binding-verifier.ts'
import { RecordError } from '../errors/record-error.ts'
import { copyDecrypted } from '../records/copy-record.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import { SLAB_BYTES, SLICE_BYTES, SLICE_RECORDS } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { DecryptedInfo, DecryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'
import { findMarker } from '../wire/marker.ts'
import { parseParcel, type Parcel } from '../wire/parcel.ts'
import { IV_LENGTH, TAG_LENGTH } from '../wire/wrapper.ts'
import type { Classified } from './classify.ts'
import type { EdekRejection, LocatedRecord } from './edek-table.ts'

const CLEAR: DecryptedInfo = Object.freeze({ status: 'clear', bound: Object.freeze([]) })
const OVERHEAD = IV_LENGTH + TAG_LENGTH
// Never in use twice at a time: a slice is synchronous.
const regions = new Uint32Array(SLICE_RECORDS * 4)
const status = new Uint8Array(SLICE_RECORDS)

/** Copies records into slabs, has them opened there and reads them, a slice at a time. Never decrypts in the caller's memory. */
export class SliceDecrypter<R extends KafkaRecord> {
  readonly #plan: TopicPlan
  readonly #records: readonly RecordSnapshot<R>[]
  readonly #classified: readonly Classified[]
  readonly #verdicts: RecordRejections
  /** One for each record so far, in order. */
  readonly results: (DecryptedRecord<R> | RecordError)[] = []
  /** Records that were opened and had no binding trailer. */
  unbound = 0

  constructor(
    plan: TopicPlan,
    records: readonly RecordSnapshot<R>[],
    classified: readonly Classified[],
    verdicts: RecordRejections,
  ) {
    this.#plan = plan
    this.#records = records
    this.#classified = classified
    this.#verdicts = verdicts
  }

  /** Opens the next records, up to a slice. Synchronous. */
  decryptSlice(): void {
    const end = this.#records.length
    let records = 0
    let bytes = 0
    while (this.results.length < end && records < SLICE_RECORDS) {
      const from = this.results.length
      const [to, size] = this.#fillSlab(from, Math.min(end, from + SLICE_RECORDS - records))
      if (records > 0 && bytes + size > SLICE_BYTES) return
      this.#openSlab(from, to, size)
      records += to - from
      bytes += size
    }
  }

  /** Takes records until a slab is full; at least one. */
  #fillSlab(from: number, end: number): [to: number, size: number] {
    let size = 0
    let to = from
    for (; to < end; to++) {
      const sealed = this.#sealedAt(to)
      if (sealed === undefined) continue
      const length = this.#encryptedLength(to, sealed)
      if (size > 0 && size + length > SLAB_BYTES) break
      size += length
    }
    return [to, size]
  }

  #openSlab(from: number, to: number, size: number): void {
    // Every byte of it is written below, so that no old memory shows.
    const slab = Buffer.allocUnsafeSlow(size)
    this.#layOut(slab, from, to)
    let region = 0
    for (let i = from; i < to; i++) {
      const found = this.#classified[i] as Classified
      const record = this.#records[i] as RecordSnapshot<R>
      if (found === 'clear') this.results.push(copyDecrypted(record.source, record.value, [...record.headers], CLEAR))
      else if (found instanceof RecordError) this.results.push(found)
      else if (found.entry.dek === undefined) this.results.push(this.#refusedEdek(i, found))
      else this.results.push(this.#read(slab, region++, i, record, found))
    }
  }

  /** Copies IV, text and tag of each record and opens runs of the same DEK. */
  #layOut(slab: Buffer, from: number, to: number): void {
    let at = 0
    let region = 0
    let runStart = 0
    let runDek: Dek | undefined
    for (let i = from; i < to; i++) {
      const sealed = this.#sealedAt(i)
      if (sealed === undefined) continue
      if (sealed.entry.dek !== runDek) {
        openRun(slab, runDek, runStart, region)
        runStart = region
        runDek = sealed.entry.dek
      }
      const value = (this.#records[i] as RecordSnapshot<R>).value as Uint8Array
      slab.set(value.subarray(sealed.ivStart), at)
      const length = value.length - sealed.ivStart - OVERHEAD
      const r = 4 * region++
      regions[r] = at
      regions[r + 1] = at + IV_LENGTH
      regions[r + 2] = length
      regions[r + 3] = at + IV_LENGTH + length
      at += length + OVERHEAD
    }
    openRun(slab, runDek, runStart, region)
  }

  #read(
    slab: Buffer,
    region: number,
    index: number,
    record: RecordSnapshot<R>,
    sealed: LocatedRecord,
  ): DecryptedRecord<R> | RecordError {
    if (status[region] !== 0) {
      return this.#verdicts.refuse(
        index,
        'RECORD_AUTHENTICATION',
        'the record does not authenticate under the DEK of its EDEK: it was changed',
      )
    }
    const start = regions[4 * region + 1] as number
    const end = start + (regions[4 * region + 2] as number)
    const result = this.#tryReadParcel(slab, start, end, index, record, sealed)
    // Its neighbours in the slab are handed out, and with them the memory that they share.
    if (result instanceof RecordError) slab.fill(0, start, end)
    return result
  }

  #tryReadParcel(
    slab: Buffer,
    start: number,
    end: number,
    index: number,
    record: RecordSnapshot<R>,
    sealed: LocatedRecord,
  ): DecryptedRecord<R> | RecordError {
    try {
      return this.#readParcel(slab, start, end, index, record, sealed)
    } catch (error) {
      return this.#verdicts.refuseBytes(index, error)
    }
  }

  #readParcel(
    slab: Buffer,
    start: number,
    end: number,
    index: number,
    record: RecordSnapshot<R>,
    { markerIndex }: LocatedRecord,
  ): DecryptedRecord<R> | RecordError {
    const parcel = parseParcel(slab, start, end)
    const { value } = parcel
    if (value === undefined)
      return this.#verdicts.refuse(index, 'RECORD_MALFORMED', 'the encrypted parcel holds no value')
    if (value === null && this.#plan.rule.tombstones === 'reject') {
      return this.#verdicts.refuse(
        index,
        'RECORD_TOMBSTONE',
        'the record expected a value: the rule rejects tombstones, encrypted ones too',
      )
    }
    const headers = headersOf(parcel, record, markerIndex)
    if (parcel.headers !== undefined && this.#plan.rule.nested === 'reject' && findMarker(headers) >= 0) {
      return this.#verdicts.refuse(
        index,
        'RECORD_NESTED',
        'the record is encrypted more than once; opening it layer by layer expected "nested: allow"',
      )
    }
    const keyfold = this.#plan.bindingVerifier.verify(slab, parcel.end, end, record, headers)
    if ('field' in keyfold) return this.#verdicts.refuseBinding(index, keyfold)
    if (keyfold === UNBOUND) this.unbound++
    return copyDecrypted(record.source, value, headers, keyfold)
  }

  #refusedEdek(index: number, { entry }: LocatedRecord): RecordError {
    // Without a DEK there is a refusal: unwrapEdeks rejects otherwise.
    const { code, message, cause } = entry.refusal as EdekRejection
    return this.#verdicts.refuse(index, code, message, cause)
  }

  /** The record at `i` if it has a DEK to be opened with. */
  #sealedAt(i: number): LocatedRecord | undefined {
    const found = this.#classified[i] as Classified
    return found === 'clear' || found instanceof RecordError || found.entry.dek === undefined ? undefined : found
  }

  /** The KMS was asked since the record was looked at; the caller's bytes may be fewer now (resized, transferred). */
  #encryptedLength(i: number, { ivStart }: LocatedRecord): number {
    const length = ((this.#records[i] as RecordSnapshot<R>).value as Uint8Array).length - ivStart
    if (length >= OVERHEAD) return length
    throw new TypeError(`"records[${i}].value" expected to stay unchanged until decrypt() has ended`)
  }
}

function openRun(slab: Buffer, dek: Dek | undefined, from: number, to: number): void {
  if (dek !== undefined && from < to)
    dek.openRegions(slab, regions.subarray(4 * from, 4 * to), to - from, status.subarray(from, to))
}

/** What was sealed replaces all outer headers; otherwise those stay, without the marker that was opened. */
function headersOf({ headers }: Parcel, { headers: outer }: RecordSnapshot, markerIndex: number): RecordHeader[] {
  if (headers !== undefined) return headers
  return outer.length === 1 ? [] : [...outer.slice(0, markerIndex), ...outer.slice(markerIndex + 1)]
}
