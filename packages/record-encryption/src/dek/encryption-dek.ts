import type { Dek, Edek, Moment, RegionTable } from '@keyfold/kms-api'

import type { Limits, Need } from './limits.ts'

/**
 * A DEK that encrypts, and what is left of its limits. It is destroyed once it is retired and the last reservation has ended, so a batch
 * that is cut into slices finishes with the DEK that it started with.
 */
export class EncryptionDek {
  readonly edek: Edek
  readonly born: Moment
  readonly #dek: Dek
  #recordsLeft: number
  #bytesLeft: number
  #users = 0
  #retired = false
  #revoked = false

  /** Takes ownership of `dek` and claims it; destroys it if that fails. */
  constructor(dek: Dek, edek: Edek, limits: Limits, born: Moment) {
    this.#dek = dek
    this.edek = edek
    this.born = born
    this.#recordsLeft = limits.records
    this.#bytesLeft = limits.bytes
    try {
      dek.claim('records', { maxRecords: limits.records, maxBytes: limits.bytes })
    } catch (error) {
      dek.destroy()
      throw error
    }
  }

  /** Whether it must not be used any more, not even under a reservation. */
  get revoked(): boolean {
    return this.#revoked
  }

  /** Reserves all of `need` or nothing. What is reserved and not used is lost, which is the safe side. */
  reserve(need: Need): Reservation | undefined {
    if (this.#retired || need.records > this.#recordsLeft || need.bytes > this.#bytesLeft) return undefined
    this.#recordsLeft -= need.records
    this.#bytesLeft -= need.bytes
    this.#users++
    return new Reservation(this, this.#dek, () => {
      this.#users--
      this.#destroyIfUnused()
    })
  }

  /** Ends reservations; existing ones stay valid. */
  retire(): void {
    this.#retired = true
    this.#destroyIfUnused()
  }

  /** Retires it and revokes existing reservations. */
  revoke(): void {
    this.#revoked = true
    this.retire()
  }

  #destroyIfUnused(): void {
    if (this.#retired && this.#users === 0) this.#dek.destroy()
  }
}

/** The right to seal a number of records. `end()` it. */
export class Reservation {
  readonly source: EncryptionDek
  readonly #dek: Dek
  readonly #end: () => void
  #ended = false

  constructor(source: EncryptionDek, dek: Dek, end: () => void) {
    this.source = source
    this.#dek = dek
    this.#end = end
  }

  /** @see Dek.sealRegions */
  sealRegions(slab: Uint8Array, regions: RegionTable): void {
    this.#dek.sealRegions(slab, regions.numbers, regions.count)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#end()
  }
}
