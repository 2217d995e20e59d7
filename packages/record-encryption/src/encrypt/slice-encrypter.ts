import { Buffer } from 'node:buffer'

import type { Reservation } from '../dek/encryption-dek.ts'
import { copyRecord } from '../records/copy-record.ts'
import type { RecordSnapshot } from '../records/snapshot-records.ts'
import { SLAB_BYTES, SLICE_BYTES, SLICE_RECORDS } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { EncryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'
import { createMarker } from '../wire/marker.ts'
import { writeParcel } from '../wire/parcel.ts'
import { encodeHead, IV_LENGTH, TAG_LENGTH } from '../wire/wrapper.ts'

// Never in use twice at a time: a slice is synchronous.
const regions = new Uint32Array(SLICE_RECORDS * 4)

/** Lays records of an encrypted topic out in slabs and has them sealed, a slice at a time. Knows the format and no key. */
export class SliceEncrypter<R extends KafkaRecord> {
  readonly #plan: TopicPlan
  readonly #records: readonly RecordSnapshot<R>[]
  readonly #parcels: Float64Array
  readonly #marker = createMarker()
  /** The headers of a record that has none of its own. */
  readonly #markerAlone: readonly RecordHeader[] = Object.freeze([this.#marker])
  readonly results: EncryptedRecord<R>[] = []

  constructor(plan: TopicPlan, records: readonly RecordSnapshot<R>[], parcels: Float64Array) {
    this.#plan = plan
    this.#records = records
    this.#parcels = parcels
  }

  /** Seals the next records, up to `end` and up to a slice. Synchronous. */
  encryptSlice(reservation: Reservation, end: number): void {
    const head = encodeHead(reservation.source.edek)
    const overhead = head.length + IV_LENGTH + TAG_LENGTH
    let records = 0
    let bytes = 0
    while (this.results.length < end && records < SLICE_RECORDS) {
      const from = this.results.length
      const [to, size] = this.#fillSlab(from, Math.min(end, from + SLICE_RECORDS - records), overhead)
      if (records > 0 && bytes + size > SLICE_BYTES) return
      this.#sealSlab(reservation, head, from, to, size)
      records += to - from
      bytes += size
    }
  }

  /** Takes records until a slab is full; at least one. */
  #fillSlab(from: number, end: number, overhead: number): [to: number, size: number] {
    let size = 0
    let to = from
    for (; to < end; to++) {
      const parcel = this.#parcels[to] as number
      if (parcel === 0) continue
      if (size > 0 && size + overhead + parcel > SLAB_BYTES) break
      size += overhead + parcel
    }
    return [to, size]
  }

  #sealSlab(reservation: Reservation, head: Uint8Array, from: number, to: number, size: number): void {
    // Every byte of it is written below, so that no old memory shows.
    const slab = Buffer.allocUnsafeSlow(size)
    const count = this.#layOut(slab, head, from, to)
    reservation.sealRegions(slab, regions, count)
    let at = 0
    for (let i = from; i < to; i++) {
      const record = this.#records[i] as RecordSnapshot<R>
      const parcel = this.#parcels[i] as number
      if (parcel === 0) {
        // A tombstone: no other record of an encrypted topic has no parcel.
        this.results.push(copyRecord(record.source, null, [...record.headers]))
        continue
      }
      const next = at + head.length + IV_LENGTH + parcel + TAG_LENGTH
      this.results.push(copyRecord(record.source, slab.subarray(at, next), this.#headersOf(record)))
      at = next
    }
  }

  #layOut(slab: Buffer, head: Uint8Array, from: number, to: number): number {
    const { bindingWriter, rule } = this.#plan
    let at = 0
    let r = 0
    for (let i = from; i < to; i++) {
      const parcel = this.#parcels[i] as number
      if (parcel === 0) continue
      const record = this.#records[i] as RecordSnapshot<R> & { readonly value: Uint8Array }
      slab.set(head, at)
      const iv = at + head.length
      const text = iv + IV_LENGTH
      let end = writeParcel(slab, text, record.value, rule.encryptHeaders ? record.headers : undefined)
      if (bindingWriter !== undefined) end = bindingWriter.write(slab, end, record)
      if (end !== text + parcel) throw changed(i)
      at = end + TAG_LENGTH
      regions[r++] = iv
      regions[r++] = text
      regions[r++] = parcel
      regions[r++] = text + parcel
    }
    return r / 4
  }

  #headersOf({ headers }: RecordSnapshot<R>): readonly RecordHeader[] {
    if (headers.length === 0 || this.#plan.rule.encryptHeaders) return this.#markerAlone
    return [this.#marker, ...headers]
  }
}

/** Lengths were computed before the KMS was asked; bytes that are fewer or more by now (resized, transferred) must not run over a neighbour. */
function changed(index: number): TypeError {
  return new TypeError(`"records[${index}]" expected to stay unchanged until encrypt() has ended`)
}
