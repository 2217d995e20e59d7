import { Buffer } from 'node:buffer'

import { RegionTable } from '@keyfold/kms-api'

import type { Reservation } from '../dek/encryption-dek.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import { SLAB_BYTES, Slice, SLICE_RECORDS } from '../records/slice.ts'
import { withoutInfo, type RecordSnapshot } from '../records/snapshot-record.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { EncryptedRecord, KafkaRecord, RecordHeader } from '../types.ts'
import { createMarker } from '../wire/marker.ts'
import { writeParcel } from '../wire/parcel.ts'
import { encodeHead, IV_LENGTH, TAG_LENGTH } from '../wire/wrapper.ts'

// Never in use twice at a time: a slice is synchronous.
const regions = RegionTable.ofCapacity(SLICE_RECORDS)

/** Lays records of an encrypted topic out in slabs and has them encrypted, a slice at a time. Knows the format and no key. */
export class SliceEncrypter<R extends KafkaRecord> {
  readonly #plan: TopicPlan
  readonly #batch: RecordBatch<R>
  readonly #parcels: Float64Array
  readonly #marker = createMarker()
  /** The headers of a record without headers. */
  readonly #markerAlone: readonly RecordHeader[] = Object.freeze([this.#marker])
  readonly results: EncryptedRecord<R>[] = []

  constructor(plan: TopicPlan, batch: RecordBatch<R>, parcels: Float64Array) {
    this.#plan = plan
    this.#batch = batch
    this.#parcels = parcels
  }

  /** Encrypts the next records, up to `end` and up to a slice. Synchronous. */
  encryptSlice(reservation: Reservation, end: number): void {
    const head = encodeHead(reservation.source.edek)
    const overhead = head.length + IV_LENGTH + TAG_LENGTH
    const slice = new Slice()
    while (this.results.length < end) {
      const from = this.results.length
      const [to, size] = this.#fillSlab(from, end, overhead, slice)
      if (to === from) return
      this.#encryptSlab(reservation, head, from, to, size)
    }
  }

  /** Takes records until a slab, or the slice, is full. */
  #fillSlab(from: number, end: number, overhead: number, slice: Slice): [to: number, size: number] {
    let size = 0
    let to = from
    for (; to < end; to++) {
      const parcel = this.#parcels[to] as number
      const length = parcel === 0 ? 0 : overhead + parcel
      if (size > 0 && size + length > SLAB_BYTES) break
      if (!slice.take(length + this.#batch.costBeside(to))) break
      size += length
    }
    return [to, size]
  }

  #encryptSlab(reservation: Reservation, head: Uint8Array, from: number, to: number, size: number): void {
    // Every byte is written below, so no old memory is exposed.
    const slab = Buffer.allocUnsafeSlow(size)
    this.#layOut(slab, head, from, to)
    reservation.sealRegions(slab, regions)
    let at = 0
    for (let i = from; i < to; i++) {
      const record = this.#batch.records[i] as RecordSnapshot<R>
      const parcel = this.#parcels[i] as number
      // A tombstone: every other record of an encrypted topic has a parcel.
      if (parcel > 0) {
        const next = at + head.length + IV_LENGTH + parcel + TAG_LENGTH
        record.value = slab.subarray(at, next)
        record.headers = this.#headersOf(record)
        at = next
      }
      this.results.push(withoutInfo(record))
    }
  }

  #layOut(slab: Buffer, head: Uint8Array, from: number, to: number): void {
    const { bindingWriter, rule } = this.#plan
    regions.clear()
    let at = 0
    for (let i = from; i < to; i++) {
      const parcel = this.#parcels[i] as number
      if (parcel === 0) continue
      this.#batch.checkUnchanged(i)
      const record = this.#batch.records[i] as RecordSnapshot<R> & { readonly value: Uint8Array }
      slab.set(head, at)
      const iv = at + head.length
      const text = iv + IV_LENGTH
      let end = writeParcel(slab, text, record.value, rule.encryptHeaders ? record.headers : undefined)
      if (bindingWriter !== undefined) end = bindingWriter.write(slab, end, record)
      if (end !== text + parcel) throw new Error('a parcel was written that is not as long as planned')
      at = end + TAG_LENGTH
      regions.add(iv, text, parcel, end)
    }
  }

  #headersOf({ headers }: RecordSnapshot<R>): readonly RecordHeader[] {
    if (headers.length === 0 || this.#plan.rule.encryptHeaders) return this.#markerAlone
    return [this.#marker, ...headers]
  }
}
